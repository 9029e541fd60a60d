"""Changes to our own administration are logged wherever they are made, under whoever makes them."""

import pytest
from django.contrib.auth.models import Group, Permission
from django.db import transaction

from audit.actors import Actor, acting_as, current_actor
from audit.models import Mutation
from ccportal.accounts import keys
from ccportal.accounts.models import ApiKey, DepartmentRole, Employee
from ccportal.acdb.signals import acdb_imported
from customers.models import Site

pytestmark = pytest.mark.django_db


def latest(table):
    return Mutation.objects.filter(table_name=table).first()


def test_a_new_employee_is_logged_without_secrets(thabo):
    entry = Mutation.objects.get(table_name="accounts_employee", action="create")
    assert (entry.event, entry.record_id, entry.state) == ("accounts.employee.created", str(thabo.pk), "applied")
    assert entry.new_values["role"] == "generic"
    assert not {"password", "tokens_valid_from", "last_login"} & set(entry.new_values)


def test_a_change_of_role_is_logged_under_the_person_who_made_it(thabo, nthabiseng):
    with acting_as(nthabiseng):
        thabo.role = "onm_team"
        thabo.save()
    entry = Mutation.objects.filter(table_name="accounts_employee", new_values__role="onm_team").get()
    assert (entry.actor_id, entry.actor_name) == ("1001", "Nthabiseng Phiri")
    assert (entry.old_values["role"], entry.action) == ("generic", "update")


def test_a_new_password_leaves_no_trace_of_itself(thabo):
    before = Mutation.objects.count()
    thabo.set_password("Lebitso-le-lecha-9")
    thabo.save()
    assert Mutation.objects.count() == before


def test_saving_without_a_change_is_not_logged(thabo):
    before = Mutation.objects.count()
    thabo.save()
    assert Mutation.objects.count() == before


def test_a_deletion_is_logged(nthabiseng):
    row = DepartmentRole.objects.create(department="Operations", role="onm_team")
    row.delete()
    entry = latest("accounts_departmentrole")
    assert (entry.action, entry.new_values, entry.old_values["department"]) == ("delete", None, "operations")


def test_an_api_key_is_logged_without_its_digest(nthabiseng):
    keys.issue("om-portal", ["lookup.read"], "1001", None)
    entry = latest("accounts_apikey")
    assert entry.new_values["name"] == "om-portal"
    assert "digest" not in entry.new_values
    assert ApiKey.objects.get().digest not in str(entry.new_values)


def test_the_permissions_of_a_role_are_logged(db):
    group = Group.objects.create(name="auditors")
    group.permissions.add(Permission.objects.get(codename="view_mutations"))
    entry = latest("auth_group")
    assert entry.old_values == {"permissions": []}
    assert len(entry.new_values["permissions"]) == 1
    assert "mutations" in entry.new_values["permissions"][0] or "log of changes" in entry.new_values["permissions"][0]


def test_a_log_entry_disappears_with_the_change_it_tells_of(db):
    count = Mutation.objects.count()
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        Site.objects.create(code="ZZZ", name="Nowhere")
        raise ZeroDivisionError
    assert Mutation.objects.count() == count


def test_without_a_request_the_portal_itself_acts(db):
    Site.objects.create(code="ZZZ", name="Nowhere")
    assert latest("customers_site").actor_id == "system"
    assert current_actor() == Actor.system()


def test_the_admin_site_logs_who_changed_a_site(sign_in, nthabiseng):
    Site.objects.create(code="ZZZ", name="Nowhere")
    client = sign_in(nthabiseng)
    page = client.get("/admin/customers/site/ZZZ/change/")
    assert page.status_code == 200
    form = page.context["adminform"].form
    data = {name: form[name].value() or "" for name in form.fields}
    data |= {"name": "Somewhere", "aliases": "[]", "_save": "Save"}
    response = client.post("/admin/customers/site/ZZZ/change/", data)
    assert response.status_code == 302, response.text
    entry = latest("customers_site")
    assert (entry.actor_id, entry.old_values["name"], entry.new_values["name"]) == ("1001", "Nowhere", "Somewhere")
    assert entry.request_id == response["X-Request-ID"]


def test_an_employee_who_left_may_not_act_in_the_background(thabo):
    from ccportal.core.errors import NotAllowed

    assert Actor.employee("1004").may("view_customers")
    Employee.objects.update(is_active=False)
    with pytest.raises(NotAllowed):
        Actor.employee("1004")


class Silent:
    """The progress of an import that nobody watches."""

    def step(self, text, total=0):
        return None

    def advance(self, done):
        return None


@pytest.mark.django_db(databases=["default", "acdb"])
def test_an_import_is_one_entry_under_whoever_asked_for_it(nthabiseng):
    acdb_imported.send(
        sender=None,
        import_id=7,
        actor="1001",
        file_name="november.accdb",
        sha256="ab" * 32,
        rows=1200,
        tables={"tblcustomer": 1200},
        progress=Silent(),
    )
    entry = Mutation.objects.get(action="import")
    assert (entry.actor_name, entry.record_id, entry.database, entry.state) == (
        "Nthabiseng Phiri",
        "7",
        "acdb",
        "applied",
    )
    assert entry.new_values["rows of tblcustomer"] == 1200
    assert entry.old_values is None
