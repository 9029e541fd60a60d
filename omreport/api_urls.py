"""Addresses of the statistics."""

from django.urls import path

from omreport import api
from omreport.energy import api as energy_api
from omreport.interruptions import api as interruptions_api

urlpatterns = [
    path("api/stats/site-summary", api.site_summary),
    path("api/om-report/overview", api.overview),
    path("api/om-report/customer-stats", api.customer_stats),
    path("api/om-report/customer-growth", api.customer_growth),
    path("api/om-report/consumption-by-site", api.consumption_by_site),
    path("api/om-report/sales-by-site", api.sales_by_site),
    path("api/om-report/cumulative-trends", api.cumulative_trends),
    path("api/om-report/avg-consumption-trend", api.avg_consumption_trend),
    path("api/om-report/site-overview", api.site_overview),
    path("api/om-report/load-curves-by-type", api.load_curves_by_type),
    path("api/om-report/daily-load-profiles", api.daily_load_profiles),
    path("api/om-report/arpu", api.quarterly_arpu),
    path("api/om-report/monthly-arpu", api.monthly_arpu),
    path("api/om-report/consumption-by-tenure", api.consumption_by_tenure),
    path("api/om-report/meter-export", api.meter_export),
    path("api/om-report/energy-balance", energy_api.energy_balance),
    path("api/om-report/reliability", interruptions_api.reliability),
    path("api/generation/", energy_api.generation),
]
