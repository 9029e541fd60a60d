"""How every operation behaves, whatever it does."""

import json

import pytest

from ccportal.api.endpoints import endpoint

READING = {"meter": "SM5R-0001", "kwh": "1.50"}


def test_it_answers_anybody_where_that_is_stated(client):
    assert client.get("/api/test/anybody").json() == {"hello": "world"}


def test_it_asks_for_sign_in_with_401_and_says_how(client, db):
    response = client.get("/api/test/who")
    assert response.status_code == 401
    assert response.json() == {"detail": "Sign in first: send a bearer token or an API key."}
    assert response["WWW-Authenticate"] == 'Bearer realm="api"'


def test_it_knows_an_employee_by_number_and_by_what_the_role_may_do(sign_in, lineo):
    assert sign_in(lineo).get("/api/test/who").json() == {"kind": "employee", "id": "1003", "writes": True}


def test_it_refuses_a_role_without_the_permission_and_says_who_has_it(sign_in, thabo):
    client = sign_in(thabo)
    response = client.post("/api/test/readings", READING, content_type="application/json")
    assert response.status_code == 403
    assert response.json()["detail"] == (
        "Your role may not add and change transactions. It takes the role "
        "Super admin or O&M team or Finance team; a super admin can grant it."
    )


def test_it_refuses_employees_where_only_customers_belong(sign_in, thabo):
    response = sign_in(thabo).get("/api/test/own")
    assert response.status_code == 403
    assert response.json() == {"detail": "This is for customers; sign in with an account number."}


def test_it_keeps_each_methods_own_permission_at_one_address(sign_in, thabo):
    client = sign_in(thabo)
    assert client.get("/api/test/readings").status_code == 200
    assert client.post("/api/test/readings", READING, content_type="application/json").status_code == 403


def test_it_refuses_to_build_an_operation_with_a_permission_that_does_not_exist():
    with pytest.raises(ValueError, match="unknown permission 'view_everything'"):
        endpoint(["GET"], permission="view_everything")


def test_it_refuses_to_build_an_operation_with_a_scope_that_does_not_exist():
    with pytest.raises(ValueError, match="unknown scope"):
        endpoint(["GET"], permission="view_tables", scope="everything")


def test_it_makes_somebody_with_a_first_password_change_it_before_using_the_api(sign_in, make_employee):
    mpho = make_employee("1010", "Mpho Nteso", "superadmin", must_change_password=True)
    response = sign_in(mpho).get("/api/test/who")
    assert response.status_code == 403
    assert response.json()["detail"].startswith("Choose your own password first")


def test_it_answers_an_unchanged_answer_with_304(client):
    first = client.get("/api/test/anybody")
    assert first["Cache-Control"] == "private, no-cache"
    again = client.get("/api/test/anybody", headers={"If-None-Match": first["ETag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_it_answers_head_like_get_without_a_body(client):
    response = client.head("/api/test/anybody")
    assert (response.status_code, response.content) == (200, b"")


class TestFaults:
    """The shape is always ``{"detail": sentence}``."""

    def test_a_body_that_does_not_fit_is_422_and_names_the_field(self, sign_in, lineo):
        response = sign_in(lineo).post("/api/test/readings", {"kwh": "much"}, content_type="application/json")
        assert response.status_code == 422
        assert response.json() == {"detail": "meter: This field is required. kwh: A valid number is required."}

    @pytest.mark.parametrize(
        "body",
        ["{", "", "[" * 100_000, '{"meter": NaN}', '"\\ud800"', '{"meter": "a\\u0000b"}', "\ufeff{}"],
        ids=["cut off", "empty", "deeply nested", "NaN", "half a character", "NUL", "byte order mark"],
    )
    def test_a_body_that_is_not_json_is_422(self, sign_in, lineo, body):
        response = sign_in(lineo).post("/api/test/readings", body, content_type="application/json")
        assert response.status_code == 422
        assert list(response.json()) == ["detail"]

    def test_a_body_in_another_format_is_415(self, sign_in, lineo):
        response = sign_in(lineo).post("/api/test/readings", "a=1", content_type="application/x-www-form-urlencoded")
        assert response.status_code == 415
        assert response.json() == {"detail": "Send the body as JSON, with Content-Type: application/json."}

    def test_a_body_that_is_too_large_is_413(self, sign_in, lineo, settings):
        settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1024
        body = json.dumps({"meter": "x" * 2000, "kwh": 1})
        response = sign_in(lineo).post("/api/test/readings", body, content_type="application/json")
        assert response.status_code == 413
        assert response.json() == {"detail": "The body is larger than 1 KB; send less at a time."}

    def test_a_wrong_method_is_405(self, client):
        response = client.delete("/api/test/anybody")
        assert (response.status_code, response.json()) == (405, {"detail": "Method Not Allowed"})
        assert response["Allow"] == "GET, HEAD"

    def test_an_answer_in_another_format_than_json_is_406(self, client):
        response = client.get("/api/test/anybody", headers={"Accept": "text/csv"})
        assert (response.status_code, response.json()) == (
            406,
            {"detail": "The answer is JSON; accept application/json."},
        )

    def test_a_missing_thing_is_404_without_internals(self, client):
        response = client.get("/api/test/fault/missing")
        assert (response.status_code, response.json()) == (404, {"detail": "Not Found"})

    def test_a_fault_of_ours_is_500_with_the_number_to_report_and_nothing_else(self, client, db):
        response = client.get("/api/test/fault/ours")
        assert response.status_code == 500
        number = response["X-Request-ID"]
        assert response.json() == {"detail": f"Something went wrong on our side. Report it with the number {number}."}

    def test_nul_characters_in_the_address_are_422(self, sign_in, thabo):
        client = sign_in(thabo)
        assert client.get("/api/test/look-up/a%00b").status_code == 422
        assert client.get("/api/test/look-up/a?q=%00").status_code == 422

    def test_conflicts_and_bad_input_keep_the_services_own_words(self, sign_in, lineo):
        client = sign_in(lineo)
        taken = client.post("/api/test/readings", {"meter": "taken", "kwh": 1}, content_type="application/json")
        odd = client.post("/api/test/readings", {"meter": "odd", "kwh": 1}, content_type="application/json")
        assert (taken.status_code, taken.json()) == (409, {"detail": "This meter is taken."})
        assert (odd.status_code, odd.json()) == (400, {"detail": "The meter is odd."})


class TestThrottles:
    def rates(self, settings, **rates):
        settings.REST_FRAMEWORK = {
            **settings.REST_FRAMEWORK,
            "DEFAULT_THROTTLE_RATES": {**settings.REST_FRAMEWORK["DEFAULT_THROTTLE_RATES"], **rates},
        }

    def test_strangers_are_counted_by_address_and_told_when_to_come_back(self, client, db, settings):
        self.rates(settings, anonymous="2/min")
        assert [client.get("/api/test/anybody").status_code for _ in range(3)] == [200, 200, 429]
        response = client.get("/api/test/anybody")
        assert 1 <= int(response["Retry-After"]) <= 61
        assert response.json()["detail"].startswith("Too many requests. Try again in ")
        assert client.get("/api/test/anybody", REMOTE_ADDR="192.0.2.7").status_code == 200

    def test_each_caller_is_counted_for_itself(self, client, api_key, settings):
        self.rates(settings, caller="1/min")
        one, two = api_key("lookup.read", name="one"), api_key("lookup.read", name="two")
        assert client.get("/api/test/look-up/x", headers=one).status_code == 200
        assert client.get("/api/test/look-up/x", headers=one).status_code == 429
        assert client.get("/api/test/look-up/x", headers=two).status_code == 200


class TestOtherOrigins:
    """Browsers of other sites: om-portal when it is on the list, nobody else."""

    def preflight(self, client, origin):
        return client.options(
            "/api/auth/me",
            headers={
                "Origin": origin,
                "Access-Control-Request-Method": "GET",
                "Access-Control-Request-Headers": "authorization,idempotency-key",
            },
        )

    def test_a_site_on_the_list_may_call(self, client, settings):
        settings.CORS_ALLOWED_ORIGINS = ["https://om.example.org"]
        response = self.preflight(client, "https://om.example.org")
        assert response.status_code == 200
        assert response["Access-Control-Allow-Origin"] == "https://om.example.org"
        assert "idempotency-key" in response["Access-Control-Allow-Headers"]

    def test_another_site_may_not(self, client, settings):
        settings.CORS_ALLOWED_ORIGINS = ["https://om.example.org"]
        assert "Access-Control-Allow-Origin" not in self.preflight(client, "https://evil.example")
        plain = client.get("/api/test/anybody", headers={"Origin": "https://evil.example"})
        assert "Access-Control-Allow-Origin" not in plain

    def test_the_list_is_empty_until_somebody_fills_it(self, client, settings):
        assert settings.CORS_ALLOWED_ORIGINS == []
        assert "Access-Control-Allow-Origin" not in self.preflight(client, "https://om.example.org")

    def test_pages_are_never_shared_with_other_sites(self, client, settings, db):
        settings.CORS_ALLOWED_ORIGINS = ["https://om.example.org"]
        response = client.get("/sign-in/", headers={"Origin": "https://om.example.org"})
        assert "Access-Control-Allow-Origin" not in response
