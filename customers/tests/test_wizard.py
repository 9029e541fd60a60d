"""Palesa registers customers: step by step, with mistakes, interruptions and doubles."""

import re
import uuid
from datetime import timedelta

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from audit.models import Mutation
from customers.models import Customer, CustomerDraft, DirectoryCustomer, Site
from customers.services import drafts
from customers.tasks import tidy

pytestmark = [pytest.mark.django_db(databases=["default", "acdb"]), pytest.mark.usefixtures("village")]

PERSON = {
    "first_name": "Thato", "last_name": "Molefe", "country": "Lesotho", "phone": "6300 1122", "id_number": "12345 6789",
}  # fmt: skip
PLACE = {"site": "MAK", "plot_number": "mak-0045 hh", "village": "Ha Mokoto"}
SERVICE = {"customer_type": "HH"}


@pytest.fixture
def wizard(sign_in, palesa):
    return Wizard(sign_in(palesa))


class Wizard:
    """The pages as Palesa uses them."""

    def __init__(self, client):
        self.client = client
        page = client.get("/customers/new/")
        self.base = re.search(r'action="(/customers/new/[0-9a-f-]{36}/)personal/keep/"', page.text)[1]

    @property
    def token(self):
        return uuid.UUID(self.base.split("/")[3])

    def keep(self, step, **typed):
        """Send a step; the page that follows."""
        return self.client.post(f"{self.base}{step}/keep/", typed, follow=True)

    def fill(self, person=PERSON, place=PLACE, service=SERVICE):
        self.keep("personal", **person)
        self.keep("location", **place)
        return self.keep("service", **service)

    def save(self, **answer):
        return self.client.post(f"{self.base}save/", answer, follow=True)


def heading(page):
    return re.search(r"<h1>(.*?)</h1>", page.text)[1]


def errors(page):
    return re.findall(r'<p class="error" id="id_(\w+?)_error">.*?</svg> (.*?) ?</p>', page.text)


def registered():
    return Customer.objects.filter(number__gt=4)


def test_four_steps_lead_to_a_customer_in_the_register_the_directory_and_the_log(wizard):
    review = wizard.fill()
    assert heading(review) == "New customer: Review"
    assert not registered().exists()
    done = wizard.save()
    assert heading(done) == "Thato Molefe is registered"
    customer = registered().get()
    assert (customer.first_name, customer.last_name, customer.phone) == ("Thato", "Molefe", "63001122")
    assert (customer.id_number, customer.plot_number, customer.concession) == ("123456789", "MAK 0045 HH", "MAK")
    assert (customer.district, customer.country, customer.position) == ("Maseru", "Lesotho", "HH")
    assert (customer.created_by, customer.middle_name) == ("Palesa Molapo", None)
    assert customer.created_at - timezone.now() < timedelta(seconds=5)
    entry = DirectoryCustomer.objects.get(number=customer.number)
    assert (entry.name, entry.site, entry.phones, entry.accounts) == ("Thato Molefe", "MAK", "63001122", "0045MAK")
    logged = Mutation.objects.get(event="customers.customer.registered")
    assert (logged.state, logged.record_id, logged.actor_id) == ("applied", str(customer.number), "1002")
    assert logged.reason.endswith("No similar customer was found.")


def test_a_phone_shows_the_keyboard_that_a_field_needs(sign_in, palesa):
    page = sign_in(palesa).get("/customers/new/").text
    assert re.search('<input[^>]*name="phone"[^>]*inputmode="tel"', page)
    assert re.search('<input[^>]*name="email"[^>]*inputmode="email"', page)


def test_the_new_customer_is_found_by_name_and_phone_at_once(wizard):
    wizard.fill()
    wizard.save()
    number = registered().get().number
    assert f"/customers/{number}/" in wizard.client.get("/customers/?q=molefe").text
    assert wizard.client.get("/customers/by-phone/63001122").json()["count"] == 1
    assert "5 in the register" in wizard.client.get("/customers/").text


def test_the_result_page_names_the_next_steps(wizard):
    wizard.fill()
    page = wizard.save()
    assert f'href="/customers/{registered().get().number}/assign-meter/"' in page.text
    assert "Record a payment" in page.text


def test_saving_twice_leads_to_the_same_page_and_one_customer(wizard):
    wizard.fill()
    first, second = wizard.save(), wizard.save()
    assert first.redirect_chain == second.redirect_chain == [(f"{wizard.base}done/", 302)]
    assert registered().count() == 1


def test_the_first_form_sent_twice_begins_one_draft(wizard):
    wizard.keep("personal", **PERSON)
    wizard.keep("personal", **PERSON)
    assert CustomerDraft.objects.count() == 1


@pytest.mark.parametrize(
    ("step", "typed", "field", "sentence"),
    [
        ("personal", {"first_name": " "}, "first_name", "Give the first name."),
        ("personal", {"last_name": "1234"}, "last_name", "A name has letters."),
        ("personal", {"phone": "5869"}, "phone", "Give the whole phone number, at least 8 digits."),
        ("personal", {"phone": "1869 8650"}, "phone", "This is no phone number of Lesotho."),
        ("personal", {"country": "Zambia"}, "phone", "This is no phone number of Zambia."),
        ("personal", {"phone_2": "+27 82 123 4567"}, "phone_2", "keeps only numbers of Lesotho"),
        ("personal", {"email": "thato@"}, "email", "written like name@example.com"),
        ("personal", {"id_number": "12"}, "id_number", "five to twenty digits or letters"),
        ("personal", {"country": "Atlantis"}, "country", "Atlantis"),
        ("location", {"site": ""}, "site", "Choose the site."),
        ("location", {"site": "XXX"}, "site", "XXX"),
        ("location", {"plot_number": "45"}, "plot_number", "written like MAK 0045 HH"),
        ("location", {"plot_number": "KET 0045 HH"}, "plot_number", "begins with KET, but the site is MAK"),
        ("location", {"plot_number": "MAK 001 SME"}, "plot_number", "is the plot of customer 1"),
        ("location", {"latitude": "-29.44"}, "longitude", "Give the longitude too"),
        ("location", {"latitude": "27.78", "longitude": "-29.44"}, "latitude", "look exchanged"),
        ("location", {"latitude": "-29.44", "longitude": "28.9"}, "latitude", "km from MAK Ha Makebe"),
        ("location", {"longitude": "east"}, "longitude", "Write the longitude in degrees"),
        ("service", {"customer_type": ""}, "customer_type", "Choose the customer type."),
    ],
)
def test_a_mistake_is_marked_at_its_field_and_nothing_typed_is_lost(wizard, step, typed, field, sentence):
    given_before = {"personal": PERSON, "location": PLACE, "service": SERVICE}
    wizard.keep("personal", **PERSON)
    page = wizard.keep(step, **{**given_before[step], **typed})
    assert page.status_code == 200
    marked = dict(errors(page))
    assert list(marked) == [field]
    assert sentence in marked[field].replace("&#x27;", "'")
    kept = CustomerDraft.objects.get().typed[step]
    assert kept == {**given_before[step], **typed}
    for text in {**given_before[step], **typed}.values():
        assert text in ("", " ", "XXX", "Atlantis") or f'value="{text}"' in page.text


def test_a_mistake_can_be_corrected_and_the_wizard_goes_on(wizard):
    wizard.keep("personal", **{**PERSON, "phone": "12"})
    assert heading(wizard.keep("personal", **PERSON)) == "New customer: Location"


def test_numbers_are_kept_as_local_digits_and_foreign_ones_with_their_code(wizard):
    wizard.fill(person={**PERSON, "phone": "+27 82 123 4567", "phone_2": "00266 5869 8651"})
    wizard.save()
    assert (registered().get().phone, registered().get().cell_phone_1) == ("+27821234567", 58698651)


def test_a_zambian_at_a_lesotho_site_is_remarked_on_but_allowed(wizard):
    review = wizard.fill(person={**PERSON, "country": "Zambia", "phone": "0977 123456"})
    assert "The site is in Lesotho, the customer’s country is Zambia." in review.text
    wizard.save()
    assert (registered().get().phone, registered().get().country) == ("977123456", "Zambia")


def test_the_review_remarks_on_what_is_missing_or_odd(wizard):
    review = wizard.fill({**PERSON, "phone": "", "id_number": ""}, {**PLACE, "plot_number": "MAK 0045 SME"})
    for remark in ("No phone number", "No national id", "No position", "The plot number says SME"):
        assert remark in review.text


def test_a_shared_plot_and_a_far_position_pass_after_a_tick(wizard):
    place = {**PLACE, "plot_number": "MAK 0001 HH", "latitude": "-29.44", "longitude": "28.9"}
    wizard.keep("personal", **PERSON)
    page = wizard.keep("location", **place)
    assert 'name="plot_shared"' in page.text
    assert 'name="far_away"' in page.text
    page = wizard.keep("location", **place, plot_shared="on", far_away="on")
    assert heading(page) == "New customer: Service"


def test_questions_that_do_not_arise_are_not_asked(wizard):
    page = wizard.keep("personal", **PERSON)
    assert 'name="plot_shared"' not in page.text
    assert 'name="far_away"' not in page.text


def test_position_district_and_town_are_kept(wizard):
    place = {**PLACE, "latitude": "29,4401 S", "longitude": "27.7801", "city": "Mazenod", "district": "Berea"}
    wizard.fill(place=place)
    wizard.save()
    customer = registered().get()
    assert (customer.gps_y, customer.gps_x, customer.city, customer.district) == (-29.4401, 27.7801, "Mazenod", "Berea")


def test_a_site_that_is_not_active_cannot_be_chosen(wizard):
    Site.objects.filter(code="MAK").update(active=False)
    assert dict(errors(wizard.fill()))


def test_the_type_of_the_plot_is_proposed(wizard):
    wizard.keep("personal", **PERSON)
    page = wizard.keep("location", **{**PLACE, "plot_number": "MAK 0045 SME"})
    assert re.search(r'<option value="SME" selected', page.text)


# ---------------------------------------------------------------- drafts


def test_a_draft_is_listed_resumed_and_discarded(wizard):
    wizard.keep("personal", **PERSON)
    page = wizard.client.get("/customers/new/")
    assert "Thato Molefe" in page.text
    page = wizard.client.get(f"{wizard.base}done/", follow=True)
    assert heading(page) == "New customer: Location"
    page = wizard.client.post(f"{wizard.base}discard/", follow=True)
    assert "The draft is thrown away." in page.text
    assert not CustomerDraft.objects.exists()
    assert wizard.client.get(f"{wizard.base}location/").status_code == 404


def test_a_draft_is_its_owners_alone(wizard, sign_in, nthabiseng):
    wizard.fill()
    client = sign_in(nthabiseng)
    assert "Thato" not in client.get("/customers/new/").text
    for path in ("personal/", "review/", "done/"):
        assert client.get(f"{wizard.base}{path}").status_code == 404
    for path in ("save/", "personal/keep/"):
        assert client.post(f"{wizard.base}{path}", PERSON).status_code == 404
    client.post(f"{wizard.base}discard/")
    assert CustomerDraft.objects.count() == 1
    assert not registered().exists()


def test_a_draft_nobody_touches_for_thirty_days_is_forgotten(wizard):
    wizard.keep("personal", **PERSON)
    drafts_then = CustomerDraft.objects.all()
    drafts_then.update(updated_at=timezone.now() - timedelta(days=29))
    tidy()
    assert drafts_then.count() == 1
    drafts_then.update(updated_at=timezone.now() - timedelta(days=31))
    tidy()
    assert drafts_then.count() == 0


def test_a_registered_customers_data_do_not_stay_in_the_draft(wizard):
    wizard.fill()
    wizard.save()
    draft = CustomerDraft.objects.get()
    assert (draft.typed, draft.name, draft.state) == ({}, "", "done")


def test_the_review_of_an_unfinished_draft_leads_to_the_step_that_is_missing(wizard):
    wizard.keep("personal", **PERSON)
    page = wizard.client.get(f"{wizard.base}review/", follow=True)
    assert heading(page) == "New customer: Location"
    assert wizard.save().redirect_chain[-1][0] == f"{wizard.base}location/"
    assert not registered().exists()


def test_more_than_fifty_drafts_are_refused(wizard, monkeypatch):
    monkeypatch.setattr(drafts, "MAX_DRAFTS", 1)
    wizard.keep("personal", **PERSON)
    other = wizard.client.post(f"/customers/new/{uuid.uuid4()}/personal/keep/", PERSON)
    assert other.status_code == 302
    assert CustomerDraft.objects.count() == 1


# ---------------------------------------------------------------- doubles


@pytest.mark.parametrize(
    ("person", "place", "reason"),
    [
        ({"phone": "+266 5869 8650"}, {}, "same phone"),
        ({"id_number": "ab-123 456"}, {}, "same national id"),
        ({"first_name": "Letsela", "last_name": "Lerato"}, {}, "similar name at the site"),
        ({}, {"plot_number": "MAK 0001 SME", "plot_shared": "on"}, "same plot"),
    ],
)
def test_a_similar_customer_is_shown_and_must_be_denied_before_saving(wizard, person, place, reason):
    Customer.objects.filter(number=1).update(id_number="AB123456")
    review = wizard.fill({**PERSON, **person}, {**PLACE, **place})
    assert reason in review.text
    page = wizard.save()
    assert "Say first whether it is one of the customers below." in page.text
    assert not registered().exists()
    assert heading(wizard.save(different="on", seen=["1"])).endswith("is registered")
    logged = Mutation.objects.get(event="customers.customer.registered")
    assert "Somebody else than the similar customers 1, says who registered it." in logged.reason


def test_somebody_with_nothing_in_common_is_not_shown(wizard):
    assert "Is it one of these?" not in wizard.fill().text


def test_the_same_name_at_another_site_is_no_double(wizard):
    review = wizard.fill(
        {**PERSON, "first_name": "Lerato", "last_name": "Letšela"}, {**PLACE, "site": "KET", "plot_number": ""}
    )
    assert "Is it one of these?" not in review.text


def test_a_denial_does_not_count_for_somebody_who_was_not_shown(wizard):
    wizard.fill({**PERSON, "phone": "58698650"})
    page = wizard.save(different="on", seen=["3", "999999", "x", "-1"])
    assert "Say first" in page.text
    assert not registered().exists()


def test_two_forms_for_one_person_register_one_and_ask_about_the_other(wizard, sign_in, nthabiseng):
    wizard.fill()
    other = Wizard(sign_in(nthabiseng))
    other.fill({**PERSON, "first_name": "Thatho", "phone": "5700 1122", "id_number": ""}, {**PLACE, "plot_number": ""})
    assert heading(other.save()) == "Thatho Molefe is registered"
    wizard.client.force_login(wizard_owner(), backend="django.contrib.auth.backends.ModelBackend")
    assert "similar name at the site" in wizard.save().text
    assert registered().count() == 1


def wizard_owner():
    from ccportal.accounts.models import Employee

    return Employee.objects.get(employee_no="1002")


def test_a_similar_customer_being_saved_at_this_moment_stops_the_second(wizard):
    wizard.fill()
    CustomerDraft.objects.create(
        owner="1001", state="saving", saving_at=timezone.now(), typed={"personal": PERSON, "location": PLACE}
    )
    assert "Somebody else registers a similar customer at this moment." in wizard.save().text
    assert not registered().exists()


def test_a_form_that_is_being_saved_is_not_saved_again(wizard):
    wizard.fill()
    CustomerDraft.objects.update(state="saving", saving_at=timezone.now())
    page = wizard.save()
    assert page.status_code == 409
    assert "being registered" in page.text
    assert not registered().exists()


# ---------------------------------------------------------------- hostile input


def test_a_read_only_customer_database_is_said_before_anybody_types(wizard, settings):
    settings.ACDB_READ_ONLY = True
    page = wizard.client.get("/customers/new/")
    assert page.status_code == 403
    assert "changed in Access" in page.text


@pytest.mark.parametrize("path", ["review/", "personal/", "done/", "nonsense/"])
def test_an_unknown_draft_is_not_found(wizard, path):
    assert wizard.client.get(f"/customers/new/{uuid.uuid4()}/{path}").status_code == 404


@pytest.mark.parametrize("path", ["save/", "discard/", "personal/keep/"])
def test_reading_is_refused_where_something_would_be_written(wizard, path):
    assert wizard.client.get(f"{wizard.base}{path}").status_code == 405


MEAN = st.one_of(
    st.text(max_size=400),
    st.sampled_from(
        [
            "'; DROP TABLE tblcustomer;--", "<script>x</script>", "a\x00b", "٣" * 8, "-0", "1e999", "NaN",
            "＋26658698650", "💡" * 90, "\u202eoletsa", "MAK 0001 HH\nMAK 0002 HH",
        ]
    ),
)  # fmt: skip


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(data=st.data())
def test_whatever_is_typed_every_page_answers_and_nothing_is_registered_unchecked(wizard, data):
    typed = {
        "personal": [
            "first_name",
            "middle_name",
            "last_name",
            "gender",
            "id_number",
            "country",
            "phone",
            "phone_2",
            "email",
        ],
        "location": ["site", "plot_number", "village", "city", "district", "latitude", "longitude"],
        "service": ["customer_type"],
    }
    good = {"personal": PERSON, "location": PLACE, "service": SERVICE}
    for step, fields in typed.items():
        chosen = data.draw(st.dictionaries(st.sampled_from(fields), MEAN, max_size=3), label=step)
        page = wizard.keep(step, **{**good[step], **chosen})
        assert page.status_code == 200
        assert "<script>x" not in page.text
    page = wizard.client.get(f"{wizard.base}review/", follow=True)
    assert page.status_code == 200
