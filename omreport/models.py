"""Meter readings and the derived tables of the ACDB; our rollups of the ledger (DESIGN of reports).

Rollups are derived, live in our own database, and can be rebuilt from nothing at any time.
"""

from django.db import models

from ccportal.acdb.models import AcdbModel
from omreport.energy.models import (
    AlertKind,
    Channel,
    CounterReading,
    EnergyAlert,
    EnergyDay,
    EnergyReading,
    EnergyStream,
    EnergyUpload,
    UploadState,
)
from omreport.fields import FixedField

#: Defined beside the rest of the energy balance, found here like the others.
ENERGY = (
    AlertKind,
    Channel,
    CounterReading,
    EnergyAlert,
    EnergyDay,
    EnergyReading,
    EnergyStream,
    EnergyUpload,
    UploadState,
)


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


class LedgerSums(models.Model):
    """Sums of ledger rows over a calendar month. ``period`` is 202603; 0 holds the rows without a date.

    Amounts follow the column of the ledger as it is, so ``revenue`` adds every row (D-03); ``paid`` and
    ``paid_kwh`` add payments only, ``consumed`` the kWh that stand in the amount column of consumption rows.
    """

    period = models.PositiveIntegerField()
    transactions = models.IntegerField()
    payments = models.IntegerField(help_text="Rows that are payments.")
    revenue = FixedField(help_text="Sum of all amounts.")
    kwh = FixedField(help_text="kWh vended, all rows.")
    paid = FixedField(help_text="Sum of the amounts of payments only.")
    paid_kwh = FixedField(help_text="kWh vended by payments only.")
    consumed = FixedField(help_text="kWh of consumption rows.")
    days = models.BigIntegerField(help_text="A bit for each day of the month that has rows, the first day the lowest.")

    class Meta:
        abstract = True


class AccountMonth(LedgerSums):
    """The ledger of one account in one month; ``account`` empty for rows without one, ``site`` for odd endings."""

    account = models.CharField(max_length=40, blank=True)
    site = models.CharField(max_length=3, blank=True)
    vended = FixedField(help_text="kWh of the rows above 0 only, which tenure counts.")

    class Meta:
        ordering = ["account", "period"]
        constraints = [models.UniqueConstraint("account", "period", name="account_month_once")]
        indexes = [models.Index(fields=["period"], name="account_month_period")]

    def __str__(self) -> str:
        return f"{self.account} {self.period}"


class LegacyMonth(models.Model):
    """Rows of the long ledger that the recent one lacks, per account and month: only tenure adds them (D-41)."""

    account = models.CharField(max_length=40)
    period = models.PositiveIntegerField()
    vended = FixedField(help_text="kWh of the rows above 0 only.")

    class Meta:
        ordering = ["account", "period"]
        constraints = [models.UniqueConstraint("account", "period", name="legacy_month_once")]
        indexes = [models.Index(fields=["period"], name="legacy_month_period")]

    def __str__(self) -> str:
        return f"{self.account} {self.period}"


class Segment(LedgerSums):
    """What reports read: sums of many accounts, and how many they are."""

    accounts = models.IntegerField(help_text="Accounts with rows in the month.")
    newcomers = models.IntegerField(help_text="Accounts whose first dated row is in the month.")
    quarter_accounts = models.IntegerField(
        help_text="Accounts whose first row of the quarter is in the month: adds up to those with rows in the quarter."
    )

    class Meta:
        abstract = True


class SiteMonth(Segment):
    """The ledger of a site in a month; ``site`` is empty for rows without a usable account (D-22)."""

    site = models.CharField(max_length=3, blank=True)

    class Meta:
        ordering = ["period", "site"]
        constraints = [models.UniqueConstraint("site", "period", name="site_month_once")]

    def __str__(self) -> str:
        return f"{self.site} {self.period}"


class TypeMonth(Segment):
    """The ledger of a customer type at a site in a month; ``customer_type`` is empty where none is known."""

    site = models.CharField(max_length=3, blank=True)
    customer_type = models.CharField(max_length=40, blank=True)

    class Meta:
        ordering = ["period", "site", "customer_type"]
        constraints = [models.UniqueConstraint("customer_type", "site", "period", name="type_month_once")]

    def __str__(self) -> str:
        return f"{self.site} {self.customer_type} {self.period}"


class SiteDay(models.Model):
    """The dated rows of a site on one local day; the energy balance sets its sales against it."""

    site = models.CharField(max_length=3)
    period = models.PositiveIntegerField()
    day = models.PositiveSmallIntegerField(help_text="Of the month.")
    transactions = models.IntegerField()
    kwh = FixedField(help_text="kWh vended, all rows.")

    class Meta:
        ordering = ["period", "day", "site"]
        constraints = [models.UniqueConstraint("period", "site", "day", name="site_day_once")]

    def __str__(self) -> str:
        return f"{self.site} {self.period} {self.day}"


class AccountFirstSeen(models.Model):
    """The month of an account's first dated transaction (semantics 8.3); 0 for accounts without a dated row."""

    account = models.CharField(max_length=40, primary_key=True)
    site = models.CharField(max_length=3, blank=True)
    customer_type = models.CharField(max_length=40, blank=True)
    period = models.PositiveIntegerField()

    class Meta:
        ordering = ["account"]

    def __str__(self) -> str:
        return f"{self.account} since {self.period}"


class ConnectionMonth(models.Model):
    """Customers of a site by the month they were connected; 0 where neither a date nor a transaction is known."""

    site = models.CharField(max_length=80, blank=True)
    period = models.PositiveIntegerField()
    recorded = models.IntegerField(help_text="By the connection date of the register.")
    inferred = models.IntegerField(help_text="By their first transaction, for want of a date (D-35).")

    class Meta:
        ordering = ["period", "site"]
        constraints = [models.UniqueConstraint("site", "period", name="connection_month_once")]

    def __str__(self) -> str:
        return f"{self.site} {self.period}"


class TenureStart(models.Model):
    """How many accounts of a type had their first transaction in a month: who can have reached which tenure."""

    customer_type = models.CharField(max_length=40)
    period = models.PositiveIntegerField()
    accounts = models.IntegerField()

    class Meta:
        ordering = ["customer_type", "period"]
        constraints = [models.UniqueConstraint("customer_type", "period", name="tenure_start_once")]

    def __str__(self) -> str:
        return f"{self.customer_type} {self.period}"


class TenurePoint(models.Model):
    """kWh per account of a type in the nth month after its first transaction, outliers apart (semantics 13)."""

    customer_type = models.CharField(max_length=40)
    month = models.PositiveIntegerField(help_text="Months since the first transaction.")
    accounts = models.IntegerField(help_text="Accounts with data, outliers included.")
    kept = models.IntegerField(help_text="Accounts that the mean and the deviation describe.")
    kwh = FixedField(help_text="Sum over all accounts, outliers included.")
    mean = models.FloatField()
    deviation = models.FloatField(help_text="Of the population.")

    class Meta:
        ordering = ["customer_type", "month"]
        constraints = [models.UniqueConstraint("customer_type", "month", name="tenure_point_once")]

    def __str__(self) -> str:
        return f"{self.customer_type} {self.month}"


class MeterHour(models.Model):
    """Power readings of a meter in an hour of the day over a month; suspicious values apart (D-40)."""

    meter_id = models.CharField(max_length=80, blank=True)
    community = models.CharField(max_length=40, blank=True)
    period = models.PositiveIntegerField()
    hour = models.PositiveSmallIntegerField()
    readings = models.IntegerField()
    kw_sum = models.FloatField()
    suspicious = models.IntegerField(help_text="Readings above 20 kW, probably watts; not in the other columns.")

    class Meta:
        ordering = ["period", "meter_id", "community", "hour"]
        constraints = [
            models.UniqueConstraint("meter_id", "community", "period", "hour", name="meter_hour_once"),
        ]
        indexes = [models.Index(fields=["period"], name="meter_hour_period")]

    def __str__(self) -> str:
        return f"{self.meter_id} {self.period} {self.hour}:00"


class TypeHour(models.Model):
    """The load profile of a customer type; ``site`` empty over all sites, else meters and readings of the site."""

    site = models.CharField(max_length=40, blank=True)
    customer_type = models.CharField(max_length=40)
    hour = models.PositiveSmallIntegerField()
    readings = models.IntegerField()
    kw_sum = models.FloatField()
    suspicious = models.IntegerField()
    meters = models.IntegerField(help_text="Meters of the type that contributed in any hour.")

    class Meta:
        ordering = ["site", "customer_type", "hour"]
        constraints = [models.UniqueConstraint("site", "customer_type", "hour", name="type_hour_once")]

    def __str__(self) -> str:
        return f"{self.site} {self.customer_type} {self.hour}:00"


class SourceMonth(models.Model):
    """What a month of an ACDB table looked like when it was rolled up; a difference means that it changed."""

    table = models.CharField(max_length=64)
    period = models.PositiveIntegerField()
    rows = models.BigIntegerField()
    checksum = models.CharField(max_length=160)

    class Meta:
        ordering = ["table", "period"]
        constraints = [models.UniqueConstraint("table", "period", name="source_month_once")]

    def __str__(self) -> str:
        return f"{self.table} {self.period}"


class ChangedMonth(models.Model):
    """A month that the portal itself changed; the next refresh adds it up again."""

    period = models.PositiveIntegerField()

    def __str__(self) -> str:
        return str(self.period)


class FaultKind(models.TextChoices):
    """Rows and accounts that no figure should rest on; the value is part of addresses."""

    NO_DATE = "no-date", "Transactions without a date"
    NO_ACCOUNT = "no-account", "Transactions without an account"
    UNKNOWN_SITE = "unknown-site", "Accounts of unknown sites"
    SPELLINGS = "spellings", "Accounts written in several ways"
    ODD_DATE = "odd-date", "Dates before 2010 or in the future"
    ODD_AMOUNT = "odd-amount", "Payments of nothing, or above 100,000"
    ODD_ENERGY = "odd-energy", "Single sales above 5,000 kWh"
    NO_ENERGY = "no-energy", "Payments without kWh"
    ODD_POWER = "odd-power", "Power readings above 20 kW"


class DataFault(models.Model):
    """One example of a fault; the first few hundred of each kind are kept, ``RollupState.faults`` has the numbers."""

    kind = models.CharField(max_length=20, choices=FaultKind)
    table = models.CharField(max_length=64)
    row_id = models.BigIntegerField(null=True)
    account = models.CharField(max_length=255, blank=True)
    at = models.DateTimeField(null=True)
    detail = models.CharField(max_length=255, blank=True)

    class Meta:
        ordering = ["kind", "id"]
        indexes = [models.Index(fields=["kind", "id"], name="fault_by_kind")]

    def __str__(self) -> str:
        return f"{self.kind} {self.row_id or self.account}"


class RollupState(models.Model):
    """Of when the rollups are, in one row."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    version = models.PositiveIntegerField(default=0, help_text="Grows with every refresh that wrote something.")
    source_table = models.CharField(max_length=64, blank=True, help_text="The history table that was summed.")
    source_rows = models.BigIntegerField(default=0)
    source_max_id = models.BigIntegerField(default=0, help_text="Rows above it are new.")
    refreshed_at = models.DateTimeField(null=True, help_text="As of when every report figure is.")
    verified_at = models.DateTimeField(null=True, help_text="When every month was last compared by its checksum.")
    latest_transaction = models.DateTimeField(null=True)
    directory_at = models.DateTimeField(null=True, help_text="The customer register that types were taken from.")
    source_tables = models.JSONField(default=list, help_text="Tables with rows that tenure adds up.")
    facts = models.JSONField(default=dict, help_text="Typed accounts, accounts with data per type, the meter registry.")
    faults = models.JSONField(default=dict, help_text="Number of faults of each kind.")
    error = models.CharField(max_length=300, blank=True, help_text="Why the last refresh failed, empty if it did not.")
    failed_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = verbose_name_plural = "rollup state"

    def __str__(self) -> str:
        return f"rollups of {self.refreshed_at}"
