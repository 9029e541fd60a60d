"""Pages of background work and of the outbox."""

from django.urls import path

from ccportal.jobs import views

app_name = "jobs"
urlpatterns = [
    path("", views.index, name="index"),
    path("<int:pk>/", views.detail, name="detail"),
    path("outbox/", views.outbox_index, name="outbox"),
    path("outbox/<int:pk>/", views.outbox_detail, name="message"),
    path("outbox/<int:pk>/retry/", views.outbox_retry, name="retry"),
    path("outbox/<int:pk>/cancel/", views.outbox_cancel, name="cancel"),
]
