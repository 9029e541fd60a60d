"""The base of every model whose table lives in the ACDB.

The ACDB is a foreign database: tables and columns are named exactly as in Access, nothing is ever migrated.
"""

from django.db import models


class AcdbModel(models.Model):
    """A row of an ACDB table. Relations inside the ACDB hold by habit only, so none is declared.

    A table has a real key only where the model's key is an ``AutoField`` (an Access autonumber). Elsewhere
    Django wants some field to be the key; it is nominal, serves reading, and may repeat.
    """

    class Meta:
        abstract = True
        managed = False
