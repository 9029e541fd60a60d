"""Pages of the log of changes."""

from django.urls import path

from audit import views

app_name = "audit"
urlpatterns = [
    path("", views.index, name="index"),
    path("log.csv", views.download, name="download"),
    path("record/", views.record, name="record"),
    path("<int:pk>/", views.detail, name="detail"),
    path("<int:pk>/undo/", views.undo, name="undo"),
    path("<int:pk>/revert/", views.revert, name="revert"),
]
