"""Addresses of the page Export."""

from django.urls import path

from audit.exports import views

app_name = "exports"
urlpatterns = [
    path("", views.index, name="index"),
    path("choose/", views.choose, name="choose"),
    path("make/", views.make, name="make"),
    path("files/<str:token>/", views.file, name="file"),
    path("files/<str:token>/cancel/", views.cancel, name="cancel"),
]
