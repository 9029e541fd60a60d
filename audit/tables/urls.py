"""Pages of the table browser."""

from django.urls import path, re_path

from audit.tables import editing, views

app_name = "tables"
urlpatterns = [
    path("", views.index, name="index"),
    path("<str:name>/", views.table, name="table"),
    path("<str:name>/record/", views.record, name="record"),
    path("<str:name>/new/", editing.new, name="new"),
    path("<str:name>/create/", editing.create, name="create"),
    path("<str:name>/edit/", editing.edit, name="edit"),
    path("<str:name>/save/", editing.save, name="save"),
    path("<str:name>/delete/", editing.delete, name="delete"),
    path("<str:name>/remove/", editing.remove, name="remove"),
    re_path(r"^(?P<name>[^/]+)/rows\.(?P<kind>csv|xlsx)\Z", views.download, name="download"),
]
