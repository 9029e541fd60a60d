"""Pages under /customers/."""

from django.urls import path

from customers import views

app_name = "customers"

urlpatterns = [
    path("", views.index, name="index"),
    path("find/", views.find, name="find"),
    path("suggest/", views.suggest, name="suggest"),
    path("<int:number>/", views.detail, name="detail"),
]
