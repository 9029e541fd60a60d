"""Exports: any table or a prepared set, small ones at once, large ones by a worker into a file that expires."""
