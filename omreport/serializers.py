"""Shapes of the statistics and reports (contract: stats, om-report); money in the currency, energy in kWh."""

from rest_framework import serializers
from rest_framework.serializers import CharField, DictField, FloatField, IntegerField, ListField


class Stamped(serializers.Serializer):
    as_of = serializers.DateTimeField(allow_null=True, help_text="When the figures were last brought up to date.")
    stale = CharField(required=False, help_text="Why the last refresh failed; absent when it did not.")


class SiteSummaryLine(serializers.Serializer):
    site = CharField()
    mwh = FloatField(help_text="Energy vended, MWh, 2 decimals.")
    lsl_thousands = FloatField(help_text="Revenue in thousands, 2 decimals.")


class SummaryTotals(serializers.Serializer):
    mwh = FloatField()
    lsl_thousands = FloatField()


class SiteSummary(Stamped):
    sites = SiteSummaryLine(many=True)
    totals = SummaryTotals()
    source_table = CharField()
    site_count = IntegerField()


class Overview(Stamped):
    total_customers = IntegerField()
    active_customers = IntegerField()
    terminated_customers = IntegerField()
    total_sites = IntegerField()
    sites = ListField(child=CharField())
    total_mwh = FloatField()
    total_lsl_thousands = FloatField()


class ConcessionLine(serializers.Serializer):
    concession = CharField()
    total = IntegerField()
    active = IntegerField()
    new = IntegerField()
    activation_rate = FloatField(help_text="Per cent, 1 decimal.")


class ConcessionTotals(serializers.Serializer):
    total = IntegerField()
    active = IntegerField()
    new = IntegerField()


class CustomerStats(Stamped):
    sites = ConcessionLine(many=True)
    totals = ConcessionTotals()
    quarter = CharField(allow_null=True, help_text="As given.")
    note = CharField(required=False, help_text="Why the quarter matches nothing.")


class GrowthPoint(serializers.Serializer):
    quarter = CharField()
    new_customers = IntegerField()
    cumulative = IntegerField()


class CustomerGrowth(Stamped):
    growth = GrowthPoint(many=True)
    total = IntegerField()
    inferred_from_transactions = IntegerField(help_text="Customers without a date, by their first transaction.")
    without_date = IntegerField(help_text="Customers with neither; in no quarter.")


class SiteConsumption(serializers.Serializer):
    site = CharField()
    name = CharField()
    total_kwh = FloatField()
    quarters = DictField(child=FloatField())


class SiteSales(serializers.Serializer):
    site = CharField()
    name = CharField()
    total_lsl = FloatField()
    quarters = DictField(child=FloatField())


class Sourced(Stamped):
    source_table = CharField(required=False)
    quarter_filter = CharField(required=False, allow_null=True)
    note = CharField(required=False)
    error = CharField(required=False)


class ConsumptionBySite(Sourced):
    sites = SiteConsumption(many=True)
    total_kwh = FloatField()


class SalesBySite(Sourced):
    sites = SiteSales(many=True)
    total_lsl = FloatField()


class Trend(serializers.Serializer):
    quarter = CharField()
    kwh = FloatField()
    lsl = FloatField()
    cumulative_kwh = FloatField()
    cumulative_lsl = FloatField()


class CumulativeTrends(Stamped):
    trends = Trend(many=True)
    source_table = CharField(required=False)
    error = CharField(required=False)


class AverageTrend(serializers.Serializer):
    quarter = CharField()
    customers = IntegerField()
    total_kwh = FloatField()
    total_lsl = FloatField()
    avg_daily_kwh_per_customer = FloatField(help_text="4 decimals.")
    avg_daily_lsl_per_customer = FloatField(help_text="4 decimals.")


class AverageTrends(Stamped):
    trends = AverageTrend(many=True)
    source_table = CharField(required=False)
    error = CharField(required=False)


class SiteOverviewLine(serializers.Serializer):
    concession = CharField()
    abbreviation = CharField()
    district = CharField()
    customer_count = IntegerField()


class SiteOverview(Stamped):
    sites = SiteOverviewLine(many=True)


class LoadCurve(serializers.Serializer):
    type = CharField()
    total_kwh = FloatField()
    total_lsl = FloatField()
    customer_count = IntegerField()
    avg_daily_kwh = FloatField(help_text="4 decimals.")
    avg_daily_kwh_per_customer = FloatField(help_text="4 decimals.")


class LoadCurves(Sourced):
    curves = LoadCurve(many=True)
    quarterly = ListField(child=DictField(), help_text="A quarter and one key per customer type with kWh.")
    customer_types = ListField(child=CharField(), required=False)
    total_typed_customers = IntegerField(required=False)
    meter_source = CharField(required=False)


class ProfileHour(serializers.Serializer):
    hour = IntegerField(min_value=0, max_value=23)
    avg_kw = FloatField(help_text="4 decimals.")
    readings = IntegerField()


class LoadProfile(serializers.Serializer):
    type = CharField()
    meter_count = IntegerField()
    hourly = ProfileHour(many=True)
    peak_hour = IntegerField(min_value=0, max_value=23)
    peak_kw = FloatField()


class LoadProfiles(Stamped):
    profiles = LoadProfile(many=True)
    chart_data = ListField(child=DictField(), help_text="An hour and one key per customer type with kW.")
    customer_types = ListField(child=CharField())
    total_readings = IntegerField()
    suspicious_readings = IntegerField(help_text="Above 20 kW, left out of the means.")
    meter_source = CharField()
    site_filter = CharField(allow_null=True, help_text="As given.")
    note = CharField(required=False)


class ArpuSite(serializers.Serializer):
    name = CharField()
    revenue = FloatField()
    customers = IntegerField()
    arpu = FloatField()


class ArpuPoint(serializers.Serializer):
    quarter = CharField()
    total_revenue = FloatField()
    active_customers = IntegerField(help_text="Accounts that ever had a dated transaction up to then.")
    arpu = FloatField()
    per_site = DictField(child=ArpuSite())


class MonthlyArpuPoint(ArpuPoint):
    month = CharField(help_text="YYYY-MM")


class ArpuFrame(Stamped):
    site_codes = ListField(child=CharField())
    site_names = DictField(child=CharField())
    source_table = CharField(required=False)
    error = CharField(required=False)


class Arpu(ArpuFrame):
    arpu = ArpuPoint(many=True)


class MonthlyArpu(ArpuFrame):
    monthly_arpu = MonthlyArpuPoint(many=True)


class TenureStats(serializers.Serializer):
    type = CharField()
    customer_count = IntegerField()
    total_kwh = FloatField()
    max_tenure_months = IntegerField()


class ConsumptionByTenure(Stamped):
    chart_data = ListField(
        child=DictField(), help_text="tenure_month and, per type T: T, T_upper, T_lower (null below 3 accounts), T_n."
    )
    customer_types = ListField(child=CharField())
    type_stats = TenureStats(many=True, required=False)
    max_tenure_months = IntegerField(required=False)
    total_accounts_matched = IntegerField(required=False)
    source_tables = ListField(child=CharField(), required=False)
    source_table = CharField(required=False, help_text="The same as one text.")
    segmentation = CharField(required=False)
    mapping_size = IntegerField(required=False, help_text="Accounts with a known customer type.")
    outliers_left_out = IntegerField(required=False)
    error = CharField(required=False)


class ExportedReading(serializers.Serializer):
    timestamp = CharField(help_text="YYYY-MM-DD HH:MM:SS, local.")
    kw = FloatField(help_text="4 decimals.")
    customer_type = CharField()
    site = CharField()
    meterid = CharField()


class ExportFilters(serializers.Serializer):
    customer_type = CharField(allow_null=True)
    site = CharField(allow_null=True)
    start_date = CharField(allow_null=True)
    end_date = CharField(allow_null=True)


class ExportMeta(serializers.Serializer):
    total_readings = IntegerField()
    skipped_no_type = IntegerField()
    meter_source = CharField()
    customer_types = DictField(child=IntegerField())
    sites = DictField(child=IntegerField())
    filters = ExportFilters()


class MeterExport(serializers.Serializer):
    readings = ExportedReading(many=True)
    meta = ExportMeta()
