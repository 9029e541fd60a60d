"""Text messages: the gateway over real HTTP, and the demo phone."""

import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from ccportal.accounts.tasks import send_code
from ccportal.jobs.models import OutboxMessage
from ccportal.jobs.outbox import PermanentError, TransientError

ACCEPTED = json.dumps({"id": "gw-1", "status": "accepted"}).encode()


@pytest.fixture
def gateway(settings):
    """A gateway that answers what the test says and remembers what it was sent."""
    seen = []

    class Handler(BaseHTTPRequestHandler):
        answer = (200, ACCEPTED, {})

        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            seen.append((self.path, self.headers["Authorization"], json.loads(body)))
            status, text, headers = Handler.answer
            self.send_response(status)
            for name, value in {"Content-Length": str(len(text)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *args):
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    settings.SMS_URL, settings.SMS_API_KEY = f"http://127.0.0.1:{server.server_port}/send", "fake-sms-key"
    Handler.seen = seen
    yield Handler
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def message(db):
    payload = {"to": "+26650123456", "text": "123456 is your code."}
    return OutboxMessage.objects.create(kind="sms.code", key="sms-code-1", payload=payload)


def test_it_sends_number_text_and_our_reference_and_returns_the_gateways_id(gateway, message):
    assert send_code(message) == "gw-1"
    body = {"to": "+26650123456", "text": "123456 is your code.", "reference": "sms-code-1"}
    assert gateway.seen == [("/send", "Bearer fake-sms-key", body)]


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_busy_or_broken_gateway_is_tried_again(gateway, message, status):
    gateway.answer = (status, b"", {"Retry-After": "30"})
    with pytest.raises(TransientError) as fault:
        send_code(message)
    assert fault.value.retry_after == 30


def test_a_gateway_that_is_down_is_tried_again(settings, message):
    settings.SMS_URL = "http://127.0.0.1:9/send"
    with pytest.raises(TransientError):
        send_code(message)


@pytest.mark.parametrize(
    "answer",
    [(400, b"", {}), (302, b"", {"Location": "/other"}), (200, b'{"id": "1", "status": "rejected"}', {})],
    ids=["refused", "redirect", "not accepted"],
)
def test_a_refusal_is_final(gateway, message, answer):
    gateway.answer = answer
    with pytest.raises(PermanentError):
        send_code(message)
    assert len(gateway.seen) == 1


def test_an_answer_without_confirmation_is_not_taken_for_sent(gateway, message):
    gateway.answer = (200, b"OK", {})
    with pytest.raises(TransientError):
        send_code(message)


def test_an_address_without_https_is_never_called(settings, message):
    settings.SMS_URL = "http://sms.example.org/send"
    with pytest.raises(PermanentError):
        send_code(message)


class TestDemoPhone:
    def test_a_demonstration_shows_the_messages_instead_of_sending(self, settings, message, sign_in, thabo):
        settings.DEMO, settings.SMS_URL = True, ""
        assert send_code(message) == "demo-phone"
        assert "123456 is your code." in sign_in(thabo).get("/demo-phone/").content.decode()

    def test_elsewhere_there_is_no_such_page(self, settings, message, sign_in, nthabiseng):
        settings.DEMO = False
        assert sign_in(nthabiseng).get("/demo-phone/").status_code == 404
