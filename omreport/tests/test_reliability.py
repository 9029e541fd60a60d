"""Reliability indices: the worked example of the document, what is left out, and what pages say."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ccportal.core.periods import Quarter
from customers.models import Site
from omreport.models import ConnectionMonth
from omreport.reliability import Outage, by_site_and_quarter, indices
from whatsapp.models import Incident

#: On a busy machine examples take long to make, which says nothing about the code.
patient = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
START = datetime(2026, 2, 10, 8, tzinfo=UTC)
NOW = datetime(2026, 4, 1, tzinfo=UTC)


def outage(minutes, customers, start=START, site="MAK"):
    return Outage(site, start, None if minutes is None else start + timedelta(minutes=minutes), customers)


def test_the_worked_example():
    found = indices([outage(90, 50), outage(30, 200), outage(4, 10)], 200, NOW)
    assert (found.saifi, found.saidi, found.caidi, found.momentary) == (1.25, 52.5, 42.0, 1)


def test_an_outage_that_is_not_over_counts_until_now():
    found = indices([outage(None, 10)], 100, START + timedelta(minutes=50))
    assert (found.saidi, found.ongoing) == (5.0, 1)


def test_an_outage_without_a_number_of_customers_is_in_no_index():
    found = indices([outage(90, 0)], 100, NOW)
    assert (found.saidi, found.saifi, found.caidi, found.unstated) == (0, 0, None, 1)


def test_without_customers_there_is_no_index():
    found = indices([outage(90, 5)], 0, NOW)
    assert (found.saidi, found.saifi, found.caidi) == (None, None, None)


def test_five_minutes_are_momentary_and_a_second_more_is_not():
    assert indices([outage(5, 10)], 10, NOW).interruptions == 0
    assert indices([outage(5 + 1 / 60, 10)], 10, NOW).interruptions == 10


def test_an_outage_counts_in_the_local_quarter_in_which_it_began():
    # 23:00 in UTC is one o'clock of the next quarter in Maseru.
    late = outage(120, 10, datetime(2026, 3, 31, 23, tzinfo=UTC))
    lines = by_site_and_quarter([late, outage(60, 5)], {("MAK", Quarter(2026, 2)): 20}, NOW + timedelta(days=5))
    assert [(str(line.quarter), line.found.saidi) for line in lines] == [("2026 Q2", 60.0), ("2026 Q1", None)]


@patient
@given(st.lists(st.tuples(st.integers(0, 5000), st.integers(0, 300)), max_size=20), st.integers(1, 500))
def test_caidi_is_saidi_by_saifi(rows, customers):
    found = indices([outage(minutes, number) for minutes, number in rows], customers, NOW)
    if found.interruptions:
        assert found.caidi == pytest.approx(found.saidi / found.saifi)
    else:
        assert (found.saidi, found.caidi) == (0, None)


# ---------------------------------------------------------------- pages


@pytest.fixture
def incident(db):
    Site.objects.get_or_create(code="MAK", defaults={"name": "Ha Makebe"})
    ConnectionMonth.objects.create(site="MAK", period=202512, recorded=80, inferred=20)
    ConnectionMonth.objects.create(site="MAK", period=202604, recorded=50, inferred=0)
    return Incident.objects.create(
        site_code="MAK", started_at=START, resolved_at=START + timedelta(minutes=90), customers_affected=20
    )


@pytest.mark.usefixtures("incident")
def test_the_page_shows_the_indices_and_from_how_many_incidents(sign_in, thabo):
    text = sign_in(thabo).get("/reports/reliability/").content.decode()
    assert "From 1 incident of the tickets" in text
    assert "18.00" in text  # 20 x 90 / 100 minutes
    assert "0.200" in text


@pytest.mark.usefixtures("incident")
def test_other_programs_get_the_same_figures(sign_in, thabo):
    [line] = sign_in(thabo).get("/api/om-report/reliability?site=mak").json()["lines"]
    assert (line["quarter"], line["customers_served"], line["saidi"], line["saifi"], line["caidi"]) == (
        "2026 Q1", 100, 18.0, 0.2, 90.0,
    )  # fmt: skip


@pytest.mark.usefixtures("incident")
def test_the_file_holds_them_too(sign_in, thabo):
    lines = sign_in(thabo).get("/reports/reliability/reliability.csv").content.decode().splitlines()
    assert lines[1] == "2026 Q1,MAK,Ha Makebe,100,1,0,0,0,20,18.0000,0.2000,90.0000"


def test_without_incidents_the_page_says_so(sign_in, thabo):
    assert "No incidents" in sign_in(thabo).get("/reports/reliability/").content.decode()
