"""The ledger of the ACDB: what accounts paid for and were sold (acdb_schema 4)."""

from django.db import models

from ccportal.acdb.models import AcdbModel


class HistoryRow(AcdbModel):
    """A transaction; the layout both history tables share."""

    id = models.AutoField(primary_key=True, db_column="ID")
    account = models.CharField(max_length=255, null=True, db_column="accountnumber")
    meter_id = models.CharField(max_length=255, null=True, db_column="meterid")
    at = models.DateTimeField("date", null=True, db_column="transaction date")
    amount = models.DecimalField(max_digits=19, decimal_places=4, null=True, db_column="transaction amount")
    rate = models.FloatField("rate per kWh", null=True, db_column="rate used")
    kwh = models.FloatField("kWh vended", null=True, db_column="kwh value")
    is_payment = models.BooleanField(null=True, db_column="payment")
    balance = models.FloatField("balance after, kWh", null=True, db_column="current balance")

    class Meta(AcdbModel.Meta):
        abstract = True

    def __str__(self) -> str:
        return f"{self._meta.db_table} {self.id}"


class Transaction(HistoryRow):
    """The recent ledger, H1."""

    class Meta(HistoryRow.Meta):
        abstract = False
        db_table = "tblaccounthistory1"
        ordering = ["-at", "-id"]


class LegacyTransaction(HistoryRow):
    """The long ledger, HO; it overlaps the recent one, so the two are never added up."""

    class Meta(HistoryRow.Meta):
        abstract = False
        db_table = "tblaccounthistoryOriginal"
        ordering = ["-at", "-id"]
