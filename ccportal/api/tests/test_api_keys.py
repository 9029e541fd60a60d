"""Programs with API keys."""

from datetime import timedelta

from django.utils import timezone

from ccportal.accounts import keys
from ccportal.accounts.models import ApiKey


def test_a_key_with_the_scope_opens_the_operation(client, api_key):
    response = client.get("/api/test/look-up/x", headers=api_key("lookup.read"))
    assert (response.status_code, response.json()) == (200, {"found": "x"})


def test_a_key_is_also_taken_from_the_authorization_header(client, api_key):
    text = api_key("lookup.read")["X-API-Key"]
    assert client.get("/api/test/look-up/x", headers={"Authorization": f"Api-Key {text}"}).status_code == 200


def test_a_key_without_the_scope_is_refused_and_told_which_it_takes(client, api_key):
    response = client.get("/api/test/look-up/x", headers=api_key("reports.read"))
    assert response.status_code == 403
    assert (
        response.json()["detail"]
        == "This API key lacks the scope lookup.read; a super admin can issue one that has it."
    )


def test_a_key_never_opens_an_operation_that_states_no_scope(client, api_key):
    response = client.get("/api/test/who", headers=api_key("lookup.read", "tables.write"))
    assert response.status_code == 403
    assert response.json()["detail"].startswith("API keys do not open this operation")


def test_a_key_needs_no_csrf_token_to_write(api_key):
    from django.test import Client

    strict = Client(enforce_csrf_checks=True)
    body = {"meter": "SM5R-0001", "kwh": "1"}
    response = strict.post("/api/test/readings", body, content_type="application/json", headers=api_key("tables.write"))
    assert response.status_code == 201


def test_an_expired_key_is_refused(client, api_key):
    headers = api_key("lookup.read", expires_at=timezone.now() - timedelta(seconds=1))
    response = client.get("/api/test/look-up/x", headers=headers)
    assert (response.status_code, response.json()) == (401, {"detail": "This API key is unknown, expired or revoked."})


def test_a_revoked_key_is_refused(client, api_key):
    headers = api_key("lookup.read")
    keys.revoke(ApiKey.objects.get())
    assert client.get("/api/test/look-up/x", headers=headers).status_code == 401


def test_a_key_with_a_wrong_secret_is_refused_in_the_same_words(client, api_key):
    text = api_key("lookup.read")["X-API-Key"]
    for wrong in (text[:-1] + ("0" if text[-1] != "0" else "1"), "ccp_00000000_00", "nonsense", "", "ccp__"):
        response = client.get("/api/test/look-up/x", headers={"X-API-Key": wrong})
        assert (response.status_code, response.json()["detail"]) == (
            401,
            "This API key is unknown, expired or revoked.",
        )


def test_the_key_itself_is_not_kept_anywhere(api_key):
    text = api_key("lookup.read")["X-API-Key"]
    secret = text.rsplit("_", 1)[1]
    assert secret not in str(ApiKey.objects.values().get())


def test_its_last_use_is_remembered(client, api_key):
    headers = api_key("lookup.read")
    assert ApiKey.objects.get().last_used_at is None
    client.get("/api/test/look-up/x", headers=headers)
    assert timezone.now() - ApiKey.objects.get().last_used_at < timedelta(minutes=1)
