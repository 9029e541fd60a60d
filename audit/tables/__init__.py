"""Any table of the ACDB: listing, single records, downloads (contract: schema, tables, export).

It stands in this app because its writing goes through ``audit.services``. Tables and columns are found in the
catalogue (``ccportal.acdb.introspection``); no name of a request gets into SQL.
"""
