"""Shapes of the account endpoints (contract: CustomerData, Dashboard, MyProfileEnvelope); for the schema only."""

from rest_framework import serializers


class AccountProfile(serializers.Serializer):
    """The customer of an account, or for an account of nobody only the number and empty names."""

    account_number = serializers.CharField()
    customer_id = serializers.CharField(allow_null=True)
    first_name = serializers.CharField()
    middle_name = serializers.CharField(required=False)
    last_name = serializers.CharField()
    phone = serializers.CharField(required=False)
    cell_phone_1 = serializers.CharField(required=False)
    cell_phone_2 = serializers.CharField(required=False)
    email = serializers.CharField(required=False)
    plot_number = serializers.CharField(required=False)
    street_address = serializers.CharField(required=False)
    city = serializers.CharField(required=False)
    district = serializers.CharField(required=False)
    concession = serializers.CharField(required=False)
    date_connected = serializers.CharField(required=False)
    date_terminated = serializers.CharField(required=False)


class OwnProfile(AccountProfile):
    account_numbers = serializers.ListField(child=serializers.CharField())


class MyProfileEnvelope(serializers.Serializer):
    customer = OwnProfile()


class PaymentShape(serializers.Serializer):
    amount = serializers.FloatField(help_text="Money.")
    date = serializers.CharField(allow_null=True, help_text="YYYY-MM-DD, local.")
    kwh_purchased = serializers.FloatField()


class DayPoint(serializers.Serializer):
    date = serializers.CharField(help_text="YYYY-MM-DD")
    kwh = serializers.FloatField()


class MonthPoint(serializers.Serializer):
    month = serializers.CharField(help_text="YYYY-MM")
    kwh = serializers.FloatField()


PAYMENT_STATES = ["received", "matched", "posted", "unmatched", "reversed", "failed"]
BASES = ["readings", "consumption", "vended"]


class DashboardShape(serializers.Serializer):
    """Balance, use and payments; the two bases and the time of the balance are additions to the contract."""

    balance_kwh = serializers.FloatField(min_value=0, help_text="2 decimals.")
    balance_as_of = serializers.CharField(allow_null=True, help_text="Null when the balance was computed.")
    last_payment = PaymentShape(allow_null=True)
    avg_kwh_per_day = serializers.FloatField(help_text="Over elapsed days, at most 30; 2 decimals.")
    estimated_recharge_seconds = serializers.IntegerField(min_value=0)
    total_kwh_all_time = serializers.FloatField(help_text="1 decimal.")
    total_lsl_all_time = serializers.FloatField(help_text="Without the consumption rows, which hold kWh; 2 decimals.")
    daily_7d = DayPoint(many=True)
    daily_30d = DayPoint(many=True)
    monthly_12m = MonthPoint(many=True)
    consumption_basis = serializers.ChoiceField(BASES, help_text="What average and daily series rest on.")
    monthly_basis = serializers.ChoiceField(BASES, help_text="What the monthly series rests on.")


class TransactionShape(serializers.Serializer):
    id = serializers.IntegerField()
    account = serializers.CharField()
    meter = serializers.CharField(allow_null=True)
    date = serializers.CharField(allow_null=True, help_text="YYYY-MM-DD HH:MM:SS, local.")
    amount_lsl = serializers.FloatField(help_text="As stored: consumed kWh where kind is consumption.")
    rate = serializers.FloatField()
    kwh = serializers.FloatField()
    is_payment = serializers.BooleanField()
    balance = serializers.FloatField(allow_null=True)
    kind = serializers.ChoiceField(["payment", "consumption", "reversal", "other"])


class TariffInfo(serializers.Serializer):
    rate_lsl = serializers.FloatField()
    # The contract names this field as DRF names an attribute of every field.
    source = serializers.ChoiceField(["global", "concession", "customer"])  # type: ignore[assignment]  # see above
    source_key = serializers.CharField(help_text="Empty for global.")
    effective_from = serializers.CharField(help_text="Empty for global.")


class MeterShape(serializers.Serializer):
    meterid = serializers.CharField(allow_null=True)
    community = serializers.CharField(allow_null=True)
    customer_type = serializers.CharField(allow_null=True)
    village = serializers.CharField(allow_null=True)
    status = serializers.CharField(allow_null=True, help_text="As stored.")
    connect_date = serializers.CharField(help_text="Empty when absent.")


class CustomerData(serializers.Serializer):
    """An account complete; ``transactions`` is one piece of ``total_count``, newest first."""

    account_number = serializers.CharField()
    profile = AccountProfile()
    meter = MeterShape(allow_null=True)
    tariff = TariffInfo(allow_null=True)
    dashboard = DashboardShape()
    transactions = TransactionShape(many=True)
    transaction_count = serializers.IntegerField(help_text="In this answer.")
    total_count = serializers.IntegerField(help_text="Of the account.")


class Piece(serializers.Serializer):
    """Which transactions an answer holds."""

    limit = serializers.IntegerField(min_value=1, max_value=5000, default=1000)
    offset = serializers.IntegerField(min_value=0, max_value=10**9, default=0)


class LaterEntry(serializers.Serializer):
    """A reversal of a payment, or its money on another account."""

    id = serializers.IntegerField()
    kind = serializers.ChoiceField(["reversal", "correction"])
    amount = serializers.CharField(help_text="Money; negative for a reversal.")
    state = serializers.ChoiceField(PAYMENT_STATES)
    account = serializers.CharField(allow_null=True)


class PaymentRecord(serializers.Serializer):
    """A payment as it stands; amounts are decimals as text, times local."""

    id = serializers.IntegerField()
    provider = serializers.CharField()
    provider_name = serializers.CharField()
    reference = serializers.CharField()
    amount = serializers.CharField(help_text="Money, as text.")
    currency = serializers.CharField()
    state = serializers.ChoiceField(PAYMENT_STATES)
    account = serializers.CharField(allow_null=True)
    received_at = serializers.CharField(help_text="YYYY-MM-DD HH:MM:SS, local.")
    posted_at = serializers.CharField(allow_null=True)
    kwh = serializers.CharField(allow_null=True, help_text="kWh sold, as text.")
    rate = serializers.CharField(allow_null=True, help_text="Money per kWh, as text.")
    ledger_table = serializers.CharField(allow_null=True)
    ledger_id = serializers.CharField(allow_null=True)
    later = LaterEntry(many=True)


class PaymentLookup(serializers.Serializer):
    """Payments with a reference, one for each provider that uses it."""

    reference = serializers.CharField()
    payments = PaymentRecord(many=True)


class NotificationReceipt(serializers.Serializer):
    status = serializers.ChoiceField(["stored", "known"])
    id = serializers.IntegerField()


class ProviderNotification(serializers.Serializer):
    """The fields are the provider's own; only ``provider`` is ours."""

    provider = serializers.CharField(required=False)


class SmsNotification(serializers.Serializer):
    text = serializers.CharField()

    def get_fields(self) -> dict[str, serializers.Field]:
        """``from`` is a word of Python's own."""
        return {"from": serializers.CharField(help_text="Who sent the SMS."), **super().get_fields()}
