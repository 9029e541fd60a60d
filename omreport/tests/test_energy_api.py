"""Loggers that send readings, programs that read them and the balance."""

from datetime import date
from decimal import Decimal

import pytest
from django.core.cache import cache

from ccportal.accounts import keys
from customers.models import Site
from omreport.energy import api
from omreport.energy.models import CounterReading, EnergyReading
from omreport.models import SiteDay

pytestmark = pytest.mark.django_db
INTERVAL = {"site": "MAK", "channel": "pv", "start": "2026-03-01T00:00", "end": "2026-03-02T00:00", "kwh": 412.5}
COUNTER = {"site": "MAK", "channel": "delivered", "at": "2026-03-01T00:00:00+02:00", "value": 9120}


@pytest.fixture(autouse=True)
def site(db, time_machine_at):
    cache.clear()
    Site.objects.get_or_create(code="MAK", defaults={"name": "Ha Makebe"})
    time_machine_at(2026, 4, 1, 9)


@pytest.fixture
def key(db):
    """Headers of a program's key with these scopes."""

    def make(*scopes):
        _, text = keys.issue(f"program for {scopes}", list(scopes), "1001", None)
        return {"X-API-Key": text}

    return make


@pytest.fixture
def send(client, key):
    """Sends readings as a logger."""
    headers = key("generation.write")

    def post(*readings, counters=(), **fields):
        body = {"source": "scada-1", "readings": list(readings), "counters": list(counters), **fields}
        return client.post("/api/generation/", body, content_type="application/json", headers=headers)

    return post


def test_a_logger_sends_intervals_and_counters(send):
    response = send(INTERVAL, counters=[COUNTER])
    assert (response.status_code, response.json()) == (200, {"added": 2, "already": 0, "corrected": 0})
    stored = EnergyReading.objects.get()
    assert (stored.kwh, stored.source, stored.entered_by[:4]) == (Decimal("412.5"), "scada-1", "key:")
    assert CounterReading.objects.get().value == 9120


def test_the_same_again_is_accepted_as_already_there(send):
    send(INTERVAL)
    assert send(INTERVAL).json() == {"added": 0, "already": 1, "corrected": 0}


def test_another_value_is_a_409_that_names_the_reading(send):
    send(INTERVAL)
    response = send({**INTERVAL, "kwh": 400})
    assert response.status_code == 409
    [error] = response.json()["errors"]
    assert (error["list"], error["index"], error["field"], error["conflict"]) == ("readings", 0, "kwh", True)
    assert "is stored with 412.5000 kWh, not 400.0000" in error["message"]
    assert EnergyReading.objects.get().kwh == Decimal("412.5")


def test_a_stated_correction_is_taken(send):
    send(INTERVAL)
    response = send({**INTERVAL, "kwh": 400}, correct=True, reason="Wrong scale")
    assert response.json() == {"added": 0, "already": 0, "corrected": 1}
    assert send(INTERVAL, correct=True).status_code == 422


def test_one_wrong_reading_stores_none_and_each_fault_is_named(send):
    response = send(INTERVAL, {**INTERVAL, "kwh": -1}, counters=[{**COUNTER, "site": "XXX"}, COUNTER, 5])
    assert response.status_code == 422
    assert [(e["list"], e["index"], e["field"]) for e in response.json()["errors"]] == [
        ("readings", 1, "kwh"),
        ("counters", 0, "site"),
        ("counters", 2, ""),
    ]
    assert not EnergyReading.objects.exists()
    assert not CounterReading.objects.exists()


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"readings": []}, "Send 1 to 2,000 readings at a time; these are 0."),
        ({"readings": "x"}, "readings: Must be a list."),
        ({"source": ""}, "Name the logger"),
        ({"source": "manual"}, "manual is kept for the portal's own pages"),
        ({"source": "a b"}, "is not a source"),
        ({"correct": "yes"}, "correct: Must be true or false."),
        ({"readings": [{**INTERVAL, "source": "other"}]}, "Send the readings of each source by themselves."),
    ],
)
def test_a_body_that_does_not_fit_is_refused(send, changed, words):
    response = send(INTERVAL, **changed)
    assert response.status_code == 422
    assert words in response.json()["detail"]


def test_more_than_the_limit_is_refused(send, monkeypatch):
    monkeypatch.setattr(api, "MOST_AT_ONCE", 1)
    assert send(INTERVAL, counters=[COUNTER]).json()["detail"] == "Send 1 to 1 readings at a time; these are 2."


def test_a_list_instead_of_an_object_is_refused(client, key):
    response = client.post(
        "/api/generation/", [INTERVAL], content_type="application/json", headers=key("generation.write")
    )
    assert response.status_code == 422


def test_a_key_that_may_only_read_reports_may_not_send(client, key):
    headers = key("reports.read")
    body = {"source": "scada-1", "readings": [INTERVAL]}
    assert client.post("/api/generation/", body, content_type="application/json", headers=headers).status_code == 403


def test_an_employee_of_finance_may_not_send_and_one_of_om_may(sign_in, lineo, palesa):
    body = {"source": "scada-1", "readings": [INTERVAL]}
    assert sign_in(lineo).post("/api/generation/", body, content_type="application/json").status_code == 403
    assert sign_in(palesa).post("/api/generation/", body, content_type="application/json").status_code == 200


def test_readings_are_listed_newest_first_by_site_and_days(send, client, key):
    for day in (1, 2, 3):
        send({**INTERVAL, "start": f"2026-03-0{day}", "end": f"2026-03-0{day + 1}", "kwh": day})
    response = client.get(
        "/api/generation/?site=mak&start_date=2026-03-01&end_date=2026-03-02&limit=1", headers=key("reports.read")
    )
    found = response.json()
    assert (found["total"], found["pages"], len(found["readings"])) == (2, 2, 1)
    assert found["readings"][0]["start"] == "2026-03-02T00:00:00+02:00"
    assert found["readings"][0]["kwh"] == 2


def test_the_balance_gives_figures_with_their_coverage(send, client, key):
    send({**INTERVAL, "channel": "delivered", "kwh": 80}, {**INTERVAL, "kwh": 100})
    SiteDay.objects.create(site="MAK", period=202603, day=1, transactions=1, kwh=Decimal(70))
    address = "/api/om-report/energy-balance?site=MAK&by=day&start_date=2026-03-01&end_date=2026-03-01"
    [line] = client.get(address, headers=key("reports.read")).json()["lines"]
    assert (line["period"], line["generated"], line["sold"]) == ("1 Mar 2026", {"value": 100}, {"value": 70})
    assert (line["unaccounted"], line["unaccounted_percent"]) == ({"value": 10}, {"value": 12.5})
    assert line["genset_share"] == {"value": None, "reason": "the site has never reported Genset"}
    assert line["channels"] == [
        {"channel": "pv", "kwh": 100, "hours_covered": 24, "coverage": 100},
        {"channel": "delivered", "kwh": 80, "hours_covered": 24, "coverage": 100},
    ]


@pytest.mark.parametrize(
    "query",
    [
        "by=week",
        "start_date=x",
        "by=day&start_date=2020-01-01",
        "end_date=2010-01-01&start_date=2026-01-01",
        "end_date=9999-12-31",
    ],
)
def test_a_wrong_question_is_a_422(client, key, query):
    assert client.get(f"/api/om-report/energy-balance?{query}", headers=key("reports.read")).status_code == 422


def test_months_before_anything_was_sold_are_not_computable(send, client, key):
    send({**INTERVAL, "channel": "delivered"})
    address = f"/api/om-report/energy-balance?by=month&start_date={date(2026, 3, 1)}"
    [line] = client.get(address, headers=key("reports.read")).json()["lines"]
    assert line["sold"] == {"value": None, "reason": "sales on 0 of 31 days, 50 % are needed"}
