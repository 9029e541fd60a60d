"""Several reports of one outage: one ticket, one dispatch, one notice to each."""

from datetime import timedelta

import pytest
from django.utils import timezone

from ccportal.core.errors import Conflict, InvalidInput
from whatsapp.models import Incident, Message, Offer, Report, Ticket
from whatsapp.services import incidents, tickets
from whatsapp.services.identification import Person
from whatsapp.tests.tickets.conftest import report, told

pytestmark = pytest.mark.django_db
BY = {"actor": "Palesa Molapo", "actor_id": "1002"}
HERS, HIS, THEIRS = "26658120001", "26658120002", "26658120003"


@pytest.fixture
def outage(tau):
    """Three neighbours report the same outage."""
    reports = [report(phone=phone, name=name) for phone, name in ((HERS, "Lineo"), (HIS, "Thabo"), (THEIRS, "Mpho"))]
    return reports[0].ticket


def test_neighbours_share_one_ticket_one_offer_and_one_incident(outage):
    assert (Ticket.objects.count(), Report.objects.count(), Offer.objects.count()) == (1, 3, 1)
    incident = Incident.objects.get()
    first = outage.reports.order_by("pk").first().message
    assert (incident.site_code, incident.customers_affected, incident.started_at) == ("MAK", 3, first.sent_at)


def test_a_single_report_is_no_incident(tau):
    report()
    assert not Incident.objects.exists()


def test_everybody_is_told_once_that_power_is_restored(outage):
    tickets.resolve(outage, **BY)
    for phone in (HERS, HIS, THEIRS):
        assert sum("Is your power back?" in text for text in told(phone)) == 1
    incident = Incident.objects.get()
    assert (incident.state, bool(incident.resolved_at)) == ("resolved", True)


def test_the_outage_closes_when_all_have_said_yes(outage):
    tickets.resolve(outage, **BY)
    for row in Report.objects.all():
        outage.refresh_from_db()
        assert outage.state == "resolved"
        tickets.power_back(row, row.contact, True)
    outage.refresh_from_db()
    assert outage.state == "closed"


def test_a_no_after_somebody_elses_yes_is_a_fault_of_one_house(outage):
    tickets.resolve(outage, **BY)
    hers, his, _ = Report.objects.order_by("pk")
    tickets.power_back(hers, hers.contact, True)
    tickets.power_back(his, his.contact, False)
    own = Ticket.objects.exclude(pk=outage.pk).get()
    assert (own.reports.get().contact.key, own.state) == (HIS, "open")
    assert own.number in told(HIS)[-1]
    outage.refresh_from_db()
    assert outage.state == "resolved"


def test_a_no_before_anybodys_yes_opens_the_outage_again(outage):
    tickets.resolve(outage, **BY)
    row = Report.objects.first()
    tickets.power_back(row, row.contact, False)
    outage.refresh_from_db()
    assert outage.state == "reopened"
    assert Incident.objects.get().resolved_at is None


@pytest.mark.parametrize(
    "other",
    [
        {"site": "KET"},
        {"category": "meter-issue"},
        {"safety": True},
        {"text": "No power, but my neighbours have lights"},
        {"text": "Ha ho motlakase lapeng la ka feela"},
    ],
    ids=["other site", "other fault", "danger", "neighbours have power", "only my house"],
)
def test_what_does_not_belong_together_is_not_grouped(other):
    first = report(phone=HERS)
    second = report(phone=HIS, **other)
    assert not second.joined
    assert second.ticket != first.ticket


def test_a_report_long_after_the_last_one_is_another_outage():
    first = report(phone=HERS).ticket
    Report.objects.update(at=timezone.now() - timedelta(minutes=61))
    assert report(phone=HIS).ticket != first


def test_reports_that_follow_each_other_keep_the_outage_together():
    report(phone=HERS)
    Report.objects.update(at=timezone.now() - timedelta(minutes=50))
    Ticket.objects.update(created_at=timezone.now() - timedelta(minutes=50))
    report(phone=HIS)
    Report.objects.filter(contact__key=HERS).update(at=timezone.now() - timedelta(minutes=90))
    assert report(phone=THEIRS).joined


def test_staff_state_how_many_are_affected(outage):
    incidents.describe(Incident.objects.get(), customers_affected=62, feeder="Feeder 2")
    assert (Incident.objects.get().customers_affected, Incident.objects.get().feeder) == (62, "Feeder 2")
    with pytest.raises(InvalidInput, match="from 1 to"):
        incidents.describe(Incident.objects.get(), customers_affected=0)


def test_a_further_report_never_lowers_what_staff_stated(outage):
    incidents.describe(Incident.objects.get(), customers_affected=62)
    report(phone="26658120004")
    assert Incident.objects.get().customers_affected == 62


def test_staff_merge_two_tickets_of_one_fault(outage):
    other = report(phone="26658120009", text="Ha ho motlakase lapeng la ka feela").ticket
    incidents.merge(other, outage, **BY)
    other.refresh_from_db()
    assert (other.state, outage.reports.count()) == ("closed", 4)
    assert Incident.objects.get().customers_affected == 4


def test_danger_is_never_merged_away(outage):
    danger = report(phone="26658120009", safety=True).ticket
    with pytest.raises(Conflict, match="danger"):
        incidents.merge(danger, outage, **BY)


def test_staff_take_a_report_out_of_an_outage(outage):
    his = Report.objects.get(contact__key=HIS)
    own = tickets.split(his, **BY)
    assert (own.reports.count(), outage.reports.count()) == (1, 2)
    assert Incident.objects.get().customers_affected == 2
    assert Message.objects.filter(contact__key=HIS, text__contains="closed").count() == 0


# ---------------------------------------------------------------- feeders
def at_feeder(feeder, phone, number):
    """A customer's outage, which staff place on a feeder; it is repaired."""
    opened = report(phone=phone, person=Person(number, number, "", "MAK")).ticket
    incidents.declare(opened, customers_affected=5, feeder=feeder)
    return opened


@pytest.fixture
def two_feeders(tau):
    """Customer 23 is known to be on the north feeder, 41 on the south one; both feeders are out."""
    for feeder, phone, number in (("North", HERS, "23"), ("South", HIS, "41")):
        tickets.close(at_feeder(feeder, phone, number), **BY)
    north = at_feeder("north", THEIRS, "50")
    Ticket.objects.filter(pk=north.pk).update(category="vegetation")  # so that the next is no report of it
    south = at_feeder("South", "26658120004", "51")
    Ticket.objects.filter(pk=north.pk).update(category="no-power")
    return north, south


def test_a_customer_whose_feeder_is_known_joins_the_outage_of_that_feeder(two_feeders):
    north, south = two_feeders
    assert report(phone=HIS, person=Person("41", "Thabo", "", "MAK")).ticket == south
    assert report(phone=HERS, person=Person("23", "Lineo", "", "MAK")).ticket == north


def test_a_customer_of_another_feeder_has_an_outage_of_their_own(two_feeders):
    north, south = two_feeders
    tickets.resolve(south, **BY)
    own = report(phone=HIS, person=Person("41", "Thabo", "", "MAK")).ticket
    assert own.pk not in (north.pk, south.pk)


def test_a_customer_whose_feeder_nobody_knows_joins_the_older_outage(two_feeders):
    north, _ = two_feeders
    assert report(phone="26658120009", person=Person("60", "Neo", "", "MAK")).ticket == north
