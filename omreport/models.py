"""Meter readings and the derived tables of the ACDB; our rollups of the ledger (DESIGN of reports).

Rollups are derived, live in our own database, and can be rebuilt from nothing at any time.
"""

from django.db import models

from ccportal.acdb.models import AcdbModel


class ReadingRow(AcdbModel):
    """Mean power over about ten minutes; the layout all reading tables share."""

    # Nominal, for reading only: the table has no key.
    meter_id = models.CharField(max_length=255, primary_key=True, db_column="meterid")
    at = models.DateTimeField(null=True, db_column="whdatetime")
    power_kw = models.FloatField(null=True, db_column="powerkW")
    community = models.CharField(max_length=255, null=True, db_column="community")

    class Meta(AcdbModel.Meta):
        abstract = True

    def __str__(self) -> str:
        return f"{self.meter_id} {self.at}"


class Reading(ReadingRow):
    class Meta(ReadingRow.Meta):
        abstract = False
        db_table = "tblmeterdata1"


class OldReading(ReadingRow):
    class Meta(ReadingRow.Meta):
        abstract = False
        db_table = "tblmeterdata"


class DumpedReading(ReadingRow):
    class Meta(ReadingRow.Meta):
        abstract = False
        db_table = "tblmeterdatadump"


class HourlyConsumption(AcdbModel):
    id = models.AutoField(primary_key=True, db_column="id")
    account = models.CharField(max_length=255, null=True, db_column="accountnumber")
    meter_id = models.CharField(max_length=255, null=True, db_column="meterid")
    at = models.DateTimeField(null=True, db_column="reading_datetime")
    kwh = models.FloatField(null=True, db_column="kwh")
    community = models.CharField(max_length=255, null=True, db_column="community")
    source = models.CharField(max_length=255, null=True, db_column="source")

    class Meta(AcdbModel.Meta):
        db_table = "tblhourlyconsumption"


class MonthlyConsumption(AcdbModel):
    id = models.AutoField(primary_key=True, db_column="id")
    account = models.CharField(max_length=255, null=True, db_column="accountnumber")
    meter_id = models.CharField(max_length=255, null=True, db_column="meterid")
    month = models.CharField(max_length=7, null=True, db_column="yearmonth")
    kwh = models.FloatField(null=True, db_column="kwh")
    community = models.CharField(max_length=255, null=True, db_column="community")
    source = models.CharField(max_length=255, null=True, db_column="source")

    class Meta(AcdbModel.Meta):
        db_table = "tblmonthlyconsumption"


class MonthlyTransactions(AcdbModel):
    id = models.AutoField(primary_key=True, db_column="id")
    account = models.CharField(max_length=255, null=True, db_column="accountnumber")
    meter_id = models.CharField(max_length=255, null=True, db_column="meterid")
    month = models.CharField(max_length=7, null=True, db_column="yearmonth")
    kwh_vended = models.FloatField(null=True, db_column="kwh_vended")
    amount = models.FloatField(null=True, db_column="amount_lsl")
    transactions = models.IntegerField(null=True, db_column="txn_count")
    community = models.CharField(max_length=255, null=True, db_column="community")
    source = models.CharField(max_length=255, null=True, db_column="source")

    class Meta(AcdbModel.Meta):
        db_table = "tblmonthlytransactions"


class SiteMonth(models.Model):
    """Sums of the ledger for a site and a calendar month; ``year`` 0 holds the rows without a date,
    ``site`` empty those without a usable account."""

    site = models.CharField(max_length=3, blank=True)
    year = models.PositiveSmallIntegerField()
    month = models.PositiveSmallIntegerField()
    transactions = models.IntegerField()
    revenue = models.DecimalField(max_digits=19, decimal_places=4, help_text="Sum of all amounts (D-03 unfiltered).")
    kwh = models.DecimalField(max_digits=19, decimal_places=4, help_text="kWh vended, all rows.")
    payments = models.IntegerField(help_text="Rows that are payments.")
    paid = models.DecimalField(max_digits=19, decimal_places=4, help_text="Sum of the amounts of payments only.")
    paid_kwh = models.DecimalField(max_digits=19, decimal_places=4, help_text="kWh vended by payments only.")

    class Meta:
        ordering = ["year", "month", "site"]
        constraints = [models.UniqueConstraint("site", "year", "month", name="site_month_once")]

    def __str__(self) -> str:
        return f"{self.site} {self.year}-{self.month:02d}"


class AccountFirstSeen(models.Model):
    """The first dated transaction of an account; customer bases are counts of these (semantics 8.3)."""

    account = models.CharField(max_length=20, primary_key=True)
    site = models.CharField(max_length=3, blank=True)
    year = models.PositiveSmallIntegerField()
    month = models.PositiveSmallIntegerField()

    class Meta:
        ordering = ["account"]
        indexes = [models.Index(fields=["year", "month", "site"], name="first_seen_by_month")]

    def __str__(self) -> str:
        return f"{self.account} since {self.year}-{self.month:02d}"


class RollupState(models.Model):
    """Of when the rollups are, in one row."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    source_table = models.CharField(max_length=64, blank=True, help_text="The history table that was summed.")
    source_rows = models.BigIntegerField(default=0)
    refreshed_at = models.DateTimeField(null=True, help_text="As of when every report figure is.")
    latest_transaction = models.DateTimeField(null=True)
    error = models.CharField(max_length=300, blank=True, help_text="Why the last refresh failed, empty if it did not.")

    class Meta:
        verbose_name = verbose_name_plural = "rollup state"

    def __str__(self) -> str:
        return f"rollups of {self.refreshed_at}"
