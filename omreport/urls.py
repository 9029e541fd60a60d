"""Report pages."""

from django.urls import path

from omreport import views

urlpatterns = [
    path("", views.dashboard, name="dashboard"),
]
