"""Replaces the tables of the ACDB by those of an Access (or SQLite) file, all or nothing (DESIGN 1).

``service`` runs an import; ``access`` and ``sqlite`` read files; ``convert`` decodes values; ``targets`` writes staging
tables and swaps them in; ``report`` says what was found.
"""
