"""Account numbers as somebody once mistyped them: nobody else's work may stop for one."""

import pytest
from django.urls import reverse

from customers.models import AccountNumber, DirectoryAccount
from customers.services.directory import refresh_directory

pytestmark = [pytest.mark.django_db(databases=["default", "acdb"]), pytest.mark.usefixtures("village")]


@pytest.mark.parametrize("slip", ["0007/MAK", "00\n07MAK", "..", "7%2FMAK?#"])
def test_an_account_number_of_any_shape_leads_to_its_page(sign_in, thabo, slip):
    portal = sign_in(thabo)
    AccountNumber.objects.create(account=slip, customer_number=2)
    refresh_directory()
    assert portal.get("/customers/").status_code == 200
    assert portal.get("/customers/2/").status_code == 200
    account = DirectoryAccount.objects.get(customer_number=2, account=slip.upper()).account
    page = portal.get(reverse("billing:account", args=[account]))
    assert page.status_code == 200
    assert page.context["account"] == account
