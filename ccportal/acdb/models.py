"""The base of every model whose table lives in the ACDB.

The ACDB is a foreign database: tables and columns are named exactly as in Access, nothing is ever migrated.
"""

from django.db import models


class AcdbModel(models.Model):
    """A row of an ACDB table. Relations inside the ACDB hold by habit only, so none is declared."""

    class Meta:
        abstract = True
        managed = False
