"""Pages under /customer-data/."""

from django.urls import path

from billing import views

app_name = "billing"

urlpatterns = [
    path("", views.index, name="index"),
    path("<str:account>/", views.account, name="account"),
    path("<str:account>/summary/", views.summary, name="summary"),
    path("<str:account>/transactions.csv", views.transactions_csv, name="transactions_csv"),
]
