"""The page Roles: who may do what, changed with a reason, one by one or many at once."""

import io

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from audit.models import Mutation
from ccportal.accounts import role_changes, services
from ccportal.accounts.models import Employee, EmployeeEmail, RoleAssignment
from ccportal.accounts.role_forms import EmailForm, ImportForm, RoleForm, RoleListForm

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin(sign_in, nthabiseng):
    return sign_in(nthabiseng)


def role_of(number):
    return Employee.objects.get(employee_no=number).role


def change(client, number, role, **more):
    return client.post(f"/roles/{number}/change/", {"role": role, "reason": "New job", **more}, follow=True)


def test_the_list_says_who_has_which_role_and_why(admin, thabo, palesa, make_employee):
    services.assign_role("1004", "generic", assigned_by="1001")
    make_employee("1009", "Pule Nkosi", "finance_team", department="Finance")
    page = admin.get("/roles/").text
    assert "by hand, from 1001" in page
    assert "department Finance" in page
    assert "4 employees" in page


def test_the_list_is_searched_by_name_number_and_role(admin, thabo, palesa):
    assert [p.employee.employee_no for p in admin.get("/roles/?q=molapo").context["people"]] == ["1002"]
    assert [p.employee.employee_no for p in admin.get("/roles/?role=generic").context["people"]] == ["1004"]
    assert "Nobody fits" in admin.get("/roles/?q=nobody").text


def test_the_list_needs_the_same_queries_for_few_and_many(admin, make_employee, django_assert_max_num_queries):
    for number in range(30):
        make_employee(f"20{number:02}", f"Employee {number}", "generic")
    with django_assert_max_num_queries(22):
        assert admin.get("/roles/").context["page"].total == 31


def test_the_matrix_shows_what_the_groups_hold_now(admin):
    rows = dict(admin.get("/roles/").context["matrix"])
    assert [may for _, may in rows["change tariffs"]] == [True, True, True, False]
    assert [may for _, may in rows["manage employees and roles"]] == [True, False, False, False]


def test_a_role_is_changed_with_a_reason_that_the_log_keeps(admin, thabo):
    assert "now has the role Finance team" in change(admin, "1004", "finance_team").text
    assert role_of("1004") == "finance_team"
    entry = Mutation.objects.filter(table_name="accounts_employee").latest("pk")
    assert (entry.actor_id, entry.reason, entry.new_values["role"]) == ("1001", "New job", "finance_team")


def test_a_change_without_a_reason_is_refused(admin, thabo):
    answer = admin.post("/roles/1004/change/", {"role": "onm_team", "reason": " "})
    assert (answer.status_code, role_of("1004")) == (422, "generic")


def test_a_role_by_hand_can_be_taken_back(admin, thabo):
    change(admin, "1004", "finance_team")
    change(admin, "1004", "automatic")
    assert role_of("1004") == "generic"
    assert not RoleAssignment.objects.exists()


def test_the_last_super_admin_stays_even_when_confirmed(admin):
    answer = change(admin, "1001", "generic", own_confirmed="on")
    assert (answer.status_code, role_of("1001")) == (409, "superadmin")
    assert "This is the last super admin" in answer.text


def test_nobody_gives_up_the_own_right_by_accident(admin, make_employee):
    make_employee("1010", "Retselisitsoe", "superadmin")
    answer = change(admin, "1001", "generic")
    assert (answer.status_code, role_of("1001")) == (400, "superadmin")
    assert "This takes your own right to manage roles" in answer.text
    assert not RoleAssignment.objects.exists()
    assert change(admin, "1001", "generic", own_confirmed="on").status_code == 200
    assert role_of("1001") == "generic"


@pytest.mark.parametrize("path", ["", "emails/", "import/", "1004/"])
@pytest.mark.parametrize("who", ["thabo", "lineo", "palesa"])
def test_it_is_closed_to_other_roles_and_says_who_may(request, sign_in, thabo, who, path):
    answer = sign_in(request.getfixturevalue(who)).get(f"/roles/{path}")
    assert answer.status_code == 403
    assert "It takes the role Super admin" in answer.text


def test_an_e_mail_is_remembered(admin):
    answer = admin.post("/roles/emails/set/", {"employee_no": "1004", "email": "Thabo@Utility.example"}, follow=True)
    assert "1004 has the e-mail thabo@utility.example." in answer.text
    assert EmployeeEmail.objects.get(employee_no="1004").email == "thabo@utility.example"
    refused = admin.post("/roles/emails/set/", {"employee_no": "10 04", "email": "nobody"})
    assert refused.status_code == 422


ROWS = """employee_no,role,email
1004,Finance team,thabo@utility.example
1PWR-2001,onm_team,
1002,,palesa@utility.example"""
NO_TABLES = [
    "1004,generic",
    "role,email\ngeneric,x",
    "employee_no",
    "employee_no,role,role",
    'employee_no,role\n"1004,x',
]


def test_an_import_is_checked_before_anything_changes(admin, thabo, palesa):
    answer = admin.post("/roles/import/check/", {"rows": ROWS, "reason": "New list"})
    plan = answer.context["plan"]
    assert [(line.employee_no, line.changes) for line in plan.lines] == [
        ("1004", ["role automatic becomes finance_team", "e-mail (none) becomes thabo@utility.example"]),
        ("2001", ["role automatic becomes onm_team"]),
        ("1002", ["e-mail (none) becomes palesa@utility.example"]),
    ]
    assert role_of("1004") == "generic"
    assert not EmployeeEmail.objects.exists()
    assert "Carry out" in answer.text


def test_an_import_is_carried_out_whole_and_logged(admin, thabo, palesa):
    answer = admin.post("/roles/import/apply/", {"rows": ROWS, "reason": "New list"}, follow=True)
    assert "3 of 3 rows changed something" in answer.text
    assert role_of("1004") == "finance_team"
    assert RoleAssignment.objects.get(employee_no="2001").role == "onm_team"
    assert EmployeeEmail.objects.count() == 2
    assert Mutation.objects.filter(reason="New list").count() == 5
    again = admin.post("/roles/import/check/", {"rows": ROWS, "reason": "New list"}).context["plan"]
    assert again.changes == 0


def test_every_wrong_row_is_named_and_nothing_is_taken(admin, thabo):
    rows = "employee_no;role;email\n1004;finance_team;\n10 04;boss;nobody\n1004;generic;\n1005;;\n1006;generic;;x"
    answer = admin.post("/roles/import/check/", {"rows": rows, "reason": "New list"})
    assert [line.errors for line in answer.context["plan"].lines] == [
        [],
        [
            "10 04 is no employee number.",
            "nobody is no e-mail address.",
            "boss is no role; take superadmin, onm_team, finance_team, generic or automatic.",
        ],
        ["This number stands in an earlier row already."],
        ["Neither role nor e-mail is given."],
        ["4 cells where 3 are expected."],
    ]
    assert "Carry out" not in answer.text
    refused = admin.post("/roles/import/apply/", {"rows": rows, "reason": "New list"})
    assert (refused.status_code, role_of("1004")) == (400, "generic")


def test_an_import_cannot_take_the_last_super_admin(admin, thabo):
    rows = "employee_no,role\n1004,finance_team\n1001,generic"
    answer = admin.post("/roles/import/apply/", {"rows": rows, "reason": "New list"})
    assert answer.status_code == 400
    assert "Row 3: This is the last super admin" in answer.text
    assert (role_of("1004"), role_of("1001")) == ("generic", "superadmin")


def workbook(*rows):
    buffer = io.BytesIO()
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    book.save(buffer)
    return buffer.getvalue()


FILES = {
    "list.csv": b"\xef\xbb\xbfemployee_no;role;email;\r\n1004;Finance team;thabo@utility.example;\r\n",
    "list.xlsx": workbook(
        ["Employee no", "Role", "Email", None], [1004.0, "finance_team", "thabo@utility.example", None]
    ),
}


@pytest.mark.parametrize("name", FILES)
def test_a_file_is_checked_row_by_row_and_carried_out_from_the_page(admin, thabo, name):
    file = SimpleUploadedFile(name, FILES[name])
    checked = admin.post("/roles/import/check/", {"file": file, "rows": "", "reason": "New list"})
    assert [(line.number, line.changes) for line in checked.context["plan"].lines] == [
        (2, ["role automatic becomes finance_team", "e-mail (none) becomes thabo@utility.example"])
    ]
    assert role_of("1004") == "generic"
    rows = checked.context["form"]["rows"].value()
    admin.post("/roles/import/apply/", {"rows": rows, "reason": "New list"})
    assert role_of("1004") == "finance_team"


def test_a_file_that_was_not_checked_is_not_carried_out(admin, thabo):
    file = SimpleUploadedFile("other.csv", b"employee_no,role\n1004,superadmin\n")
    sent = {"file": file, "rows": "employee_no,role\n1004,finance_team", "reason": "New list"}
    answer = admin.post("/roles/import/apply/", sent)
    assert answer.context["plan"].lines[0].changes == ["role automatic becomes superadmin"]
    assert role_of("1004") == "generic"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"\xff\x00\xfe", "The file is not a text in UTF-8"),
        (b"PK\x03\x04broken", "The workbook is damaged or protected"),
        (b"employee_no,role\n" + b"1004,generic\n" * 2001, "At most 2,000 rows at once."),
    ],
    ids=["no text", "broken workbook", "too many rows"],
)
def test_a_file_that_is_no_such_table_is_explained_and_nothing_typed_is_lost(admin, content, words):
    file = SimpleUploadedFile("list.csv", content)
    answer = admin.post("/roles/import/check/", {"file": file, "rows": "", "reason": "New list"})
    assert answer.status_code in (400, 422)
    assert words in answer.text
    assert "New list" in answer.text


def test_a_file_of_too_many_rows_is_refused_and_not_cut_off_after_empty_ones(admin):
    rows = "\n" * 9 + "employee_no,role\n" + "".join(f"{number},onm_team\n" for number in range(2000, 4001))
    answer = admin.post("/roles/import/check/", {"file": SimpleUploadedFile("l.csv", rows.encode()), "reason": "New"})
    assert "At most 2,000 rows at once." in answer.text


def test_a_file_that_is_too_large_is_refused(admin):
    file = SimpleUploadedFile("list.csv", b"x" * (2**20 + 70_000))
    answer = admin.post("/roles/import/check/", {"file": file, "reason": "New list"})
    assert (answer.status_code, "The file is larger than 1 MB." in answer.text) == (400, True)


@pytest.mark.parametrize("rows", NO_TABLES)
def test_what_is_no_such_table_is_explained(admin, rows):
    answer = admin.post("/roles/import/check/", {"rows": rows, "reason": "New list"})
    assert answer.status_code == 400
    assert "Begin with the line" in answer.text or "quotation mark" in answer.text


ODD = st.text(max_size=60) | st.sampled_from(["", "\x00", "1004", "superadmin", "a@b.example", '"', "\ufeff", "=1+1"])
INPUTS = ["q", "role", "reason", "own_confirmed", "employee_no", "email"]
RELAXED = settings(
    max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


@RELAXED
@given(cells=st.lists(st.lists(ODD, max_size=4), max_size=5), mark=st.sampled_from(",;\t"))
def test_no_pasted_text_breaks_the_import(cells, mark):
    form = ImportForm(
        {"rows": "\n".join(["employee_no,role,email".replace(",", mark), *map(mark.join, cells)]), "reason": "x"}
    )
    if form.is_valid():
        try:
            plan = role_changes.plan_import(form.cleaned_data["rows"])
        except role_changes.InvalidInput as error:
            assert error.message
        else:
            assert all(line.errors or line.role in ("", "automatic", *role_changes.roles.ROLES) for line in plan.lines)


@RELAXED
@given(
    data=st.fixed_dictionaries(
        {}, optional=dict.fromkeys(["q", "role", "reason", "own_confirmed", "employee_no", "email"], ODD)
    )
)
def test_no_input_breaks_the_other_forms(data):
    for form in (RoleListForm(data), RoleForm(data), EmailForm(data)):
        assert form.is_valid() or form.errors
    assert set(RoleListForm(data).wanted()) == {"search", "role"}
