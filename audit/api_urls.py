"""Endpoints of the log of changes."""

from django.urls import path

from audit import api

urlpatterns = [
    path("api/mutations", api.mutations),
    path("api/mutations/<str:mutation_id>", api.mutation),
    path("api/mutations/<str:mutation_id>/revert", api.revert),
]
