"""Shapes of the statistics (contract: stats)."""

from rest_framework import serializers


class SiteSummaryLine(serializers.Serializer):
    site = serializers.CharField()
    mwh = serializers.FloatField(help_text="Energy vended, MWh, 2 decimals.")
    lsl_thousands = serializers.FloatField(help_text="Revenue in thousands, 2 decimals.")


class SummaryTotals(serializers.Serializer):
    mwh = serializers.FloatField()
    lsl_thousands = serializers.FloatField()


class SiteSummary(serializers.Serializer):
    sites = SiteSummaryLine(many=True)
    totals = SummaryTotals()
    source_table = serializers.CharField()
    site_count = serializers.IntegerField()
    as_of = serializers.DateTimeField(allow_null=True, help_text="When the figures were last brought up to date.")
