"""Shapes of the lookups (contract: Customer and its envelopes)."""

from rest_framework import serializers


class CustomerShape(serializers.Serializer):
    """A customer; every value is text, nothing is the empty string."""

    customer_id = serializers.CharField()
    first_name = serializers.CharField()
    middle_name = serializers.CharField()
    last_name = serializers.CharField()
    phone = serializers.CharField(help_text="Digits of the local number.")
    cell_phone_1 = serializers.CharField()
    cell_phone_2 = serializers.CharField()
    email = serializers.CharField()
    plot_number = serializers.CharField()
    street_address = serializers.CharField()
    city = serializers.CharField()
    district = serializers.CharField()
    concession = serializers.CharField(help_text="Site code.")
    date_connected = serializers.CharField(help_text="YYYY-MM-DD HH:MM:SS, local time.")
    date_terminated = serializers.CharField()


class CustomerWithAccounts(CustomerShape):
    account_numbers = serializers.ListField(child=serializers.CharField(), help_text="Sorted, without repeats.")


class CustomersByPhone(serializers.Serializer):
    customers = CustomerWithAccounts(many=True)
    count = serializers.IntegerField()


class CustomerEnvelope(serializers.Serializer):
    customer = CustomerWithAccounts()


class CustomerSearch(serializers.Serializer):
    customers = CustomerShape(many=True)
    count = serializers.IntegerField()
    query = serializers.CharField()


class SearchQuery(serializers.Serializer):
    """What ``/customers/search`` takes."""

    q = serializers.CharField(min_length=2, max_length=100)
    limit = serializers.IntegerField(min_value=1, max_value=100, default=20)


class SiteEntry(serializers.Serializer):
    concession = serializers.CharField()
    customer_count = serializers.IntegerField()


class SiteList(serializers.Serializer):
    sites = SiteEntry(many=True)
    total_sites = serializers.IntegerField()
