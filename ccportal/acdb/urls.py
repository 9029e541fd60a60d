"""Pages of the customer database's import."""

from django.urls import path

from ccportal.acdb import views

app_name = "acdb"
urlpatterns = [
    path("", views.import_list, name="imports"),
    path("upload/", views.import_upload, name="upload"),
    path("<int:pk>/", views.import_detail, name="import"),
]
