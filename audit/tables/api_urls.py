"""Addresses of the tables, as the contract has them."""

from django.urls import path

from audit.tables import api

urlpatterns = [
    path("api/schema/tables", api.list_tables),
    path("api/schema/tables/<str:table_name>/columns", api.list_columns),
    path("api/tables/<str:table_name>", api.table),
    path("api/tables/<str:table_name>/<path:record_id>", api.record),
    path("api/export/<str:table_name>", api.export_table, name="api_export"),
]
