"""Pages of the table browser."""

from django.urls import path

from audit.tables import views

app_name = "tables"
urlpatterns = [
    path("", views.index, name="index"),
    path("<str:name>/", views.table, name="table"),
    path("<str:name>/record/", views.record, name="record"),
]
