"""A POST with an Idempotency-Key is done once."""

from datetime import timedelta

import pytest
from django.utils import timezone

from ccportal.api.models import IdempotentAnswer
from ccportal.api.tests import urls

READING = {"meter": "SM5R-0001", "kwh": "1.50"}


@pytest.fixture
def post(sign_in, lineo):
    urls.calls.clear()
    client = sign_in(lineo)

    def send(key="k-1", body=READING, **extra):
        return client.post(
            "/api/test/readings", body, content_type="application/json", headers={"Idempotency-Key": key}, **extra
        )

    return send


def test_it_is_done_once_and_answered_twice(post):
    first, second = post(), post()
    assert (first.status_code, first.json()) == (201, {"count": 1})
    assert (second.status_code, second.json()) == (201, {"count": 1})
    assert second["Idempotency-Replayed"] == "true"
    assert urls.calls == ["SM5R-0001"]


def test_another_key_does_it_again(post):
    assert [post("k-1").json(), post("k-2").json()] == [{"count": 1}, {"count": 2}]


def test_without_a_key_every_request_is_done(sign_in, lineo):
    urls.calls.clear()
    client = sign_in(lineo)
    for count in (1, 2):
        assert client.post("/api/test/readings", READING, content_type="application/json").json() == {"count": count}


def test_the_same_key_with_another_body_is_refused(post):
    post()
    response = post(body={"meter": "SM5R-0002", "kwh": "1.50"})
    assert response.status_code == 422
    assert response.json() == {
        "detail": "Idempotency-Key: Was used for another request; use a new key for each request."
    }
    assert urls.calls == ["SM5R-0001"]


def test_the_same_key_of_another_caller_is_another_request(post, client, api_key):
    post()
    headers = {**api_key("tables.write"), "Idempotency-Key": "k-1"}
    client.logout()
    response = client.post("/api/test/readings", READING, content_type="application/json", headers=headers)
    assert response.json() == {"count": 2}


def test_a_refused_body_is_answered_the_same_way_again(post):
    body = {"meter": "odd", "kwh": "1"}
    first, second = post(body=body), post(body=body)
    assert (
        (first.status_code, first.json())
        == (second.status_code, second.json())
        == (400, {"detail": "The meter is odd."})
    )
    assert urls.calls == ["odd"]


def test_a_conflict_can_be_sent_again(post):
    body = {"meter": "taken", "kwh": "1"}
    assert [post(body=body).status_code, post(body=body).status_code] == [409, 409]
    assert urls.calls == ["taken", "taken"]


def test_a_request_still_under_way_is_not_started_again(post):
    post()
    IdempotentAnswer.objects.update(status=None)
    response = post()
    assert (response.status_code, response["Retry-After"]) == (409, "5")
    assert urls.calls == ["SM5R-0001"]


def test_a_request_that_never_answered_is_not_done_again_by_itself(post):
    post()
    IdempotentAnswer.objects.update(status=None, created_at=timezone.now() - timedelta(minutes=6))
    response = post()
    assert response.status_code == 409
    assert response.json()["detail"].startswith("The same request stopped before it answered. Check whether")
    assert urls.calls == ["SM5R-0001"]


def test_answers_are_forgotten_after_a_day(post):
    post()
    IdempotentAnswer.objects.update(created_at=timezone.now() - timedelta(days=1, minutes=1))
    assert post().json() == {"count": 2}


@pytest.mark.parametrize("key", ["", "with blank", "x" * 121, "sn\u00f6"])
def test_a_malformed_key_is_refused(post, key):
    assert post(key).status_code == 422
    assert urls.calls == []
