"""What strangers send: wrong hosts, files where none are asked for; and what caches may keep."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

pytestmark = pytest.mark.django_db(databases=["default", "acdb"])


@pytest.mark.parametrize("path", ["/", "/sign-in/", "/api/sites", "/no/such/page/"])
def test_it_refuses_a_foreign_host_name_without_failing(path):
    answer = Client(raise_request_exception=False).get(path, headers={"Host": "evil.example"})
    assert answer.status_code == 400
    assert "evil.example" not in answer.text


def test_it_refuses_a_foreign_host_name_to_htmx_too():
    headers = {"Host": "evil.example", "HX-Request": "true"}
    assert Client(raise_request_exception=False).get("/", headers=headers).status_code == 400


def test_a_visitor_cannot_fill_the_disk_through_the_sign_in_page(settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 10_000
    big = SimpleUploadedFile("a.bin", b"x" * 20_000)
    answer = Client(raise_request_exception=False).post("/sign-in/", {"employee_no": "1004", "password": "x", "f": big})
    assert answer.status_code == 413


def test_a_small_file_that_nobody_asked_for_is_dropped(thabo, tmp_path, settings):
    settings.FILE_UPLOAD_TEMP_DIR = tmp_path
    small = SimpleUploadedFile("a.bin", b"x" * 100)
    answer = Client().post("/sign-in/", {"employee_no": "1004", "password": "wrong", "f": small})
    assert answer.status_code == 401
    assert not answer.wsgi_request.FILES
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("path", ["/profile/", "/customers/", "/customers/suggest/?q=ma", "/no/such/page/"])
def test_no_cache_keeps_a_page(sign_in, thabo, path):
    assert sign_in(thabo).get(path)["Cache-Control"] == "private, no-store"


def test_the_public_keys_may_still_be_kept(client, db):
    assert client.get("/api/auth/jwks")["Cache-Control"] == "public, max-age=300"
