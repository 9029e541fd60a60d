"""The registry: ACDB tables of customers, accounts and meters; our sites and our directory of all of them.

Sources: acdb tables as named; semantics 2 to 5 for the rules.
"""

import uuid

from django.core.validators import RegexValidator
from django.db import models

from ccportal.acdb.models import AcdbModel
from ccportal.core.periods import stamp
from ccportal.core.phones import local_digits
from ccportal.core.text import clean


class Customer(AcdbModel):
    """A person or institution that is, was or will be supplied."""

    number = models.AutoField("customer number", primary_key=True, db_column="CUSTOMER ID")
    first_name = models.CharField(max_length=255, null=True, blank=True, db_column="FIRST NAME")
    middle_name = models.CharField(max_length=255, null=True, blank=True, db_column="MIDDLE NAME")
    last_name = models.CharField(max_length=255, null=True, blank=True, db_column="LAST NAME")
    gender = models.CharField(max_length=255, null=True, blank=True, db_column="GENDER")
    id_number = models.CharField("national id", max_length=255, null=True, blank=True, db_column="ID NUMBER")
    phone = models.CharField(max_length=255, null=True, blank=True, db_column="PHONE")
    cell_phone_1 = models.BigIntegerField(null=True, blank=True, db_column="CELL PHONE 1")
    cell_phone_2 = models.BigIntegerField(null=True, blank=True, db_column="CELL PHONE 2")
    email = models.CharField(max_length=255, null=True, blank=True, db_column="EMAIL")
    plot_number = models.CharField(max_length=255, null=True, blank=True, db_column="PLOT NUMBER")
    street_address = models.CharField("village", max_length=255, null=True, blank=True, db_column="STREET ADDRESS")
    city = models.CharField(max_length=255, null=True, blank=True, db_column="CITY")
    district = models.CharField(max_length=255, null=True, blank=True, db_column="DISTRICT")
    country = models.CharField(max_length=255, null=True, blank=True, db_column="COUNTRY")
    concession = models.CharField("site", max_length=255, null=True, blank=True, db_column="Concession name")
    position = models.CharField("customer type", max_length=255, null=True, blank=True, db_column="CUSTOMER POSITION")
    connected_at = models.DateTimeField(null=True, blank=True, db_column="DATE SERVICE CONNECTED")
    terminated_at = models.DateTimeField(null=True, blank=True, db_column="DATE SERVICE TERMINATED")
    gps_x = models.FloatField("longitude", null=True, blank=True, db_column="GPS X")
    gps_y = models.FloatField("latitude", null=True, blank=True, db_column="GPS Y")
    created_at = models.DateTimeField(null=True, blank=True, db_column="RECORD CREATE DATE")
    created_by = models.CharField(max_length=255, null=True, blank=True, db_column="RECORD CREATED BY")

    class Meta(AcdbModel.Meta):
        db_table = "tblcustomer"
        ordering = ["number"]

    def __str__(self) -> str:
        return f"customer {self.number}"

    def profile(self, site: str) -> dict[str, str]:
        """The ``Customer`` object of the API contract: all strings, nothing is the empty string (D-02)."""
        return {
            "customer_id": str(self.number),
            "first_name": clean(self.first_name),
            "middle_name": clean(self.middle_name),
            "last_name": clean(self.last_name),
            "phone": local_digits(self.phone),
            "cell_phone_1": local_digits(self.cell_phone_1),
            "cell_phone_2": local_digits(self.cell_phone_2),
            "email": clean(self.email),
            "plot_number": clean(self.plot_number),
            "street_address": clean(self.street_address),
            "city": clean(self.city),
            "district": clean(self.district),
            "concession": site,
            "date_connected": stamp(self.connected_at),
            "date_terminated": stamp(self.terminated_at),
        }


class AccountNumber(AcdbModel):
    """An account opened for a customer; the table has no key and may list an account twice."""

    # The nearest thing to a key, for reading only: an account can be listed twice.
    account = models.CharField(max_length=255, primary_key=True, db_column="accountnumber")
    customer_number = models.IntegerField(null=True, db_column="customerid")
    meter_id = models.CharField(max_length=255, null=True, blank=True, db_column="meterid")
    opened_at = models.DateTimeField(null=True, blank=True, db_column="opened date")

    class Meta(AcdbModel.Meta):
        db_table = "tblaccountnumbers"
        ordering = ["account", "customer_number"]

    def __str__(self) -> str:
        return self.account


class RegisteredMeter(AcdbModel):
    """A meter assigned to an account; the layout that both registries share."""

    # The nearest thing to a key, for reading only: a meter can be listed for two accounts.
    meter_id = models.CharField(max_length=255, primary_key=True, db_column="meterid")
    account = models.CharField(max_length=255, null=True, db_column="accountnumber")
    customer_number = models.IntegerField(null=True, db_column="customer id")
    customer_type = models.CharField(max_length=255, null=True, blank=True, db_column="customer type")
    connected_at = models.DateTimeField(null=True, blank=True, db_column="customer connect date")
    latitude = models.FloatField(null=True, blank=True, db_column="latitude")
    longitude = models.FloatField(null=True, blank=True, db_column="longitude")
    community = models.CharField(max_length=255, null=True, blank=True, db_column="community")
    village = models.CharField(max_length=255, null=True, blank=True, db_column="Village name")
    status = models.CharField(max_length=255, null=True, blank=True, db_column="current status")

    class Meta(AcdbModel.Meta):
        abstract = True

    def __str__(self) -> str:
        return self.meter_id


class Meter(RegisteredMeter):
    """The current registry, the one that meter assignment writes."""

    class Meta(RegisteredMeter.Meta):
        abstract = False
        db_table = "tblmeter"
        ordering = ["meter_id", "account"]


class LegacyMeter(RegisteredMeter):
    """The large registry, made by copying the table in Access."""

    class Meta(RegisteredMeter.Meta):
        abstract = False
        db_table = "Copy Of tblmeter"
        ordering = ["meter_id", "account"]


class Site(models.Model):
    """A minigrid or clinic: what the three letters at the end of an account number stand for (semantics 5)."""

    code = models.CharField(
        max_length=3, primary_key=True, validators=[RegexValidator("^[A-Z]{3}$", "Three capital letters, like MAK.")]
    )
    name = models.CharField(max_length=80, unique=True)
    aliases = models.JSONField(
        default=list, blank=True, help_text='Other names in use, like ["Matsoaing"]; found by search and by imports.'
    )
    district = models.CharField(max_length=80, blank=True)
    country = models.CharField(max_length=2, default="LS", help_text="Two-letter country code.")
    currency = models.CharField(max_length=3, default="LSL")
    dial_code = models.CharField(max_length=4, default="266", help_text="Without plus sign.")
    latitude = models.FloatField(null=True, blank=True)
    longitude = models.FloatField(null=True, blank=True)
    active = models.BooleanField(default=True, help_text="Off for pilot sites that no longer run; they stay known.")

    class Meta:
        ordering = ["code"]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"


class Status(models.TextChoices):
    """Where a customer stands, from the dates of the ACDB (semantics 10.1)."""

    ACTIVE = "active", "Active"
    TERMINATED = "terminated", "Terminated"


class DirectoryCustomer(models.Model):
    """What lists and searches need of a customer, derived from the ACDB and refreshed when it changes.

    The ACDB stays the source: detail pages and the API read the record itself.
    """

    number = models.IntegerField(primary_key=True)
    name = models.CharField(max_length=255)
    sort_name = models.CharField(max_length=255, help_text="Folded, last name first.")
    site = models.CharField(max_length=80, blank=True, help_text="Site code, or the concession as written if unknown.")
    customer_type = models.CharField(max_length=40, blank=True)
    status = models.CharField(max_length=12, choices=Status)
    plot = models.CharField(max_length=80, blank=True)
    village = models.CharField(max_length=255, blank=True)
    phones = models.CharField(max_length=120, blank=True, help_text="For display, separated by commas.")
    accounts = models.CharField(max_length=255, blank=True, help_text="Sorted, separated by blanks.")
    connected_on = models.DateField(null=True)
    document = models.TextField(help_text="Names, site, plot, city, district and number, folded: what programs search.")
    extra = models.TextField(help_text="Phones, accounts, meters, village, e-mail, id, folded: what staff search too.")
    digest = models.CharField(max_length=32, help_text="Of the source rows, to refresh only what changed.")

    class Meta:
        ordering = ["sort_name", "number"]
        indexes = [
            models.Index(fields=["sort_name", "number"], name="directory_by_name"),
            models.Index(fields=["site", "sort_name", "number"], name="directory_by_site"),
            models.Index(fields=["status", "sort_name", "number"], name="directory_by_status"),
            models.Index(fields=["customer_type", "sort_name", "number"], name="directory_by_type"),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.name}"

    @property
    def account_list(self) -> list[str]:
        return self.accounts.split()


class DirectoryPhone(models.Model):
    """A phone number of a customer by its last eight digits, for lookups without a scan."""

    suffix = models.CharField(max_length=8, db_index=True)
    digits = models.CharField(max_length=20)
    customer_number = models.IntegerField(db_index=True)

    class Meta:
        constraints = [
            models.UniqueConstraint("customer_number", "digits", name="directory_phone_once"),
        ]

    def __str__(self) -> str:
        return f"…{self.suffix[-3:]} of {self.customer_number}"


class AccountSource(models.IntegerChoices):
    """Where an account is known from, best first: the order of the one resolver (D-14)."""

    ACCOUNTS = 1, "account numbers"
    METER = 2, "meter registry"
    LEGACY_METER = 3, "large meter registry"
    PLOT = 4, "plot number"
    HISTORY = 5, "transactions only"


class DirectoryAccount(models.Model):
    """An account and the customer it belongs to, as the one resolver decides (semantics 3, D-14)."""

    account = models.CharField(max_length=20, db_index=True)
    customer_number = models.IntegerField(null=True, db_index=True)
    site = models.CharField(max_length=3, blank=True, help_text="Last three letters of the account.")
    customer_type = models.CharField(max_length=40, blank=True)
    meter_id = models.CharField(max_length=80, blank=True)
    source = models.PositiveSmallIntegerField(choices=AccountSource)
    owner = models.BooleanField(help_text="True for the one customer that the account resolves to.")

    class Meta:
        ordering = ["account", "source"]
        constraints = [models.UniqueConstraint("account", "customer_number", name="directory_account_once")]

    def __str__(self) -> str:
        return self.account


class DirectoryState(models.Model):
    """When the directory was last brought up to date, in one row."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    refreshed_at = models.DateTimeField(null=True)
    customers = models.IntegerField(default=0)
    accounts = models.IntegerField(default=0)
    sites = models.JSONField(default=dict, help_text="Customers of each site: all, active.")
    types = models.JSONField(default=list, help_text="Customer types in use.")
    error = models.CharField(max_length=300, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "directory state"

    def __str__(self) -> str:
        return f"directory of {self.refreshed_at}"


class DraftState(models.TextChoices):
    OPEN = "open", "Being filled in"
    SAVING = "saving", "Being saved"
    DONE = "done", "Registered"


class CustomerDraft(models.Model):
    """A customer whom somebody is entering; what was typed is kept until it is saved, thrown away or expired.

    The token is in the form before the draft exists and is good for one customer, so that a form that is sent twice
    registers nobody twice.
    """

    token = models.UUIDField(primary_key=True, default=uuid.uuid4)
    owner = models.CharField(max_length=20, help_text="Employee number.")
    state = models.CharField(max_length=8, choices=DraftState, default=DraftState.OPEN)
    typed = models.JSONField(default=dict, help_text="Step to field to text as typed; emptied when registered.")
    name = models.CharField(max_length=255, blank=True, help_text="What the list of drafts calls it.")
    customer_number = models.IntegerField(null=True, help_text="Of the customer it became.")
    saving_at = models.DateTimeField(null=True)
    log_floor = models.BigIntegerField(default=0, help_text="Newest entry of the log of changes before it was saved.")
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["-updated_at", "token"]
        indexes = [models.Index(fields=["owner", "state", "-updated_at"], name="draft_of_employee")]

    def __str__(self) -> str:
        return f"draft {self.reference}"

    @property
    def reference(self) -> str:
        """Eight characters by which the log of changes names it."""
        return self.token.hex[:8]


class AssignmentState(models.TextChoices):
    CLAIMED = "claimed", "Being written"
    DONE = "done", "Assigned"
    FAILED = "failed", "Not assigned"
    LAPSED = "lapsed", "Number not used"


class MeterAssignment(models.Model):
    """One meter given to one account, and at the same time what keeps two people from the same number or meter.

    A row is committed before the ACDB is written. ``allocated`` says that the account number was drawn for it; such a
    number is never drawn again unless it is known that nothing was written (``FAILED``).
    """

    token = models.UUIDField(primary_key=True, default=uuid.uuid4)
    customer_number = models.IntegerField(db_index=True)
    account = models.CharField(max_length=20)
    site = models.CharField(max_length=3)
    meter_id = models.CharField(max_length=80)
    replaced = models.CharField(max_length=80, blank=True, help_text="The meter that ran on the account before.")
    allocated = models.BooleanField()
    offered = models.CharField(max_length=20, blank=True, help_text="The number that the form showed.")
    state = models.CharField(max_length=8, choices=AssignmentState, default=AssignmentState.CLAIMED)
    employee_no = models.CharField(max_length=40)
    log_floor = models.BigIntegerField(default=0, help_text="Newest entry of the log of changes before the claim.")
    error = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField(auto_now_add=True, db_index=True)
    settled_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-created_at", "token"]
        constraints = [
            models.UniqueConstraint(
                "account", condition=models.Q(allocated=True) & ~models.Q(state="failed"), name="account_drawn_once"
            ),
            models.UniqueConstraint("account", condition=models.Q(state="claimed"), name="account_claimed_once"),
            models.UniqueConstraint("meter_id", condition=models.Q(state="claimed"), name="meter_claimed_once"),
        ]

    def __str__(self) -> str:
        return f"{self.meter_id} for {self.account}: {self.state}"
