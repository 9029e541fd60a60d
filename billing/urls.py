"""Pages under /customer-data/."""

from django.urls import path, register_converter
from django.urls.converters import StringConverter

from billing import views


class AccountConverter(StringConverter):
    """An account number, whatever somebody typed into the customer database as one: slashes and line ends too."""

    regex = r"[\s\S]+"


register_converter(AccountConverter, "account")
app_name = "billing"

urlpatterns = [
    path("", views.index, name="index"),
    path("<account:account>/summary/", views.summary, name="summary"),
    path("<account:account>/transactions.csv", views.transactions_csv, name="transactions_csv"),
    path("<account:account>/", views.account, name="account"),
]
