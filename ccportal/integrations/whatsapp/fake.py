"""A small WhatsApp Cloud API: ``python -m ccportal.integrations.whatsapp.fake PORT STATE [--webhook URL --secret S]``.

It keeps what it was sent in the file ``STATE``, one JSON line each, so that it can be killed and started again, and
reports statuses to the webhook, signed, out of order and sometimes twice, until they are taken. The token is
``fake-cloud-token``, the number ``100200300``. The port is printed when it listens.

``POST /_mode {"next": [...], "odds": {...}}`` says how the next sendings go wrong, one word each, or with which
likelihood each word applies: ``500`` (not taken), ``429``, ``502`` (a gateway's page; taken or not by chance), ``half``
(taken, the answer cut short), ``drop`` (taken, no answer), ``drop-before`` (not taken, no answer), ``slow`` (taken, the
answer after ``slow_seconds``), ``refuse`` (code 131026). ``GET /_state`` lists what was taken, with the time.
``POST /_media?type=image/jpeg`` keeps a file to be fetched and answers with its id; ``liar=1`` says a small size.
"""

import argparse
import hashlib
import hmac
import json
import random
import threading
import time
import urllib.error
import urllib.request
import uuid
from collections import deque
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from ccportal.integrations.fakes import FakeHandler, FakeServer

TOKEN = "fake-cloud-token"  # noqa: S105 - the fake's own
NUMBER = "100200300"
STATUS_PAUSE = 0.2


class State:
    """What was taken, what is still to be reported, and how the next calls go wrong."""

    def __init__(self, path: Path, seed: int) -> None:
        self.lock = threading.Lock()
        self.path = path
        self.sent: list[dict[str, Any]] = []
        self.reported: set[str] = set()
        self.media: dict[str, tuple[str, bytes, bool]] = {}
        self.next: deque[str] = deque()
        self.odds: dict[str, float] = {}
        self.slow_seconds = 3.0
        self.random = random.Random(seed)  # noqa: S311 - guards nothing
        self.to_report: deque[tuple[dict[str, Any], str]] = deque()
        if path.exists():
            self._load()

    def _load(self) -> None:
        for line in path_lines(self.path):
            if "message" in line:
                self.sent.append(line["message"])
            else:
                self.reported.add(line["reported"])
        for message in self.sent:
            self._plan(message)

    def keep(self, line: dict[str, Any]) -> None:
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")

    def take(self, body: dict[str, Any]) -> str:
        """Accept a message for good; its id."""
        with self.lock:
            name = f"wamid.{uuid.UUID(int=self.random.getrandbits(128)).hex}{len(self.sent)}"
            message = {"id": name, "at": time.time(), "body": body}
            self.keep({"message": message})
            self.sent.append(message)
            self._plan(message)
            return str(message["id"])

    def _plan(self, message: dict[str, Any]) -> None:
        """Statuses in an order of their own."""
        states = ["sent", "delivered"]
        if self.random.random() < 0.3:
            states.reverse()
        if self.random.random() < 0.1:
            states.append(states[0])
        for state in states:
            if f"{message['id']} {state}" not in self.reported:
                self.to_report.append((message, state))

    def fault(self) -> str:
        """How this sending goes wrong; empty when it does not."""
        with self.lock:
            if self.next:
                return self.next.popleft()
            dice = self.random.random()
            for word, odds in self.odds.items():
                dice -= odds
                if dice < 0:
                    return word
            return ""


def path_lines(path: Path) -> list[dict[str, Any]]:
    """The whole lines of a file whose last one may have been cut short."""
    found = []
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        try:
            found.append(json.loads(line))
        except ValueError:
            continue
    return found


class Handler(FakeHandler):
    protocol_version = "HTTP/1.1"
    state: State

    def do_GET(self) -> None:
        path = urlsplit(self.path).path
        if path == "/_state":
            return self.answer_json(200, {"messages": self.state.sent})
        if self.headers.get("Authorization") != f"Bearer {TOKEN}":
            return self._error(401, 190)
        name = path.rsplit("/", 1)[-1]
        if path.startswith("/_files/"):
            return self._bytes(*self.state.media[name][:2])
        if name == NUMBER:
            return self.answer_json(200, {"id": NUMBER, "quality_rating": "GREEN"})
        if name in self.state.media:
            return self.answer_json(200, self._media_info(name))
        return self._error(404, 100)

    def do_POST(self) -> None:
        parts = urlsplit(self.path)
        body = self.received()
        if parts.path == "/_mode":
            return self._mode(json.loads(body))
        if parts.path == "/_media":
            query = parse_qs(parts.query)
            return self.answer_json(200, {"id": self._keep_media(query["type"][0], body, liar="liar" in query)})
        if self.headers.get("Authorization") != f"Bearer {TOKEN}":
            return self._error(401, 190)
        if parts.path.endswith(f"/{NUMBER}/media"):
            return self.answer_json(200, {"id": self._keep_media("application/octet-stream", body)})
        if parts.path.endswith(f"/{NUMBER}/messages"):
            return self._message(json.loads(body))
        return self._error(404, 100)

    def _mode(self, wanted: dict[str, Any]) -> None:
        self.state.next = deque(wanted.get("next", []))
        self.state.odds = wanted.get("odds", {})
        self.state.slow_seconds = wanted.get("slow_seconds", self.state.slow_seconds)
        self.answer_json(200, {})

    def _keep_media(self, mime: str, content: bytes, *, liar: bool = False) -> str:
        name = uuid.uuid4().hex
        self.state.media[name] = (mime, content, liar)
        return name

    def _media_info(self, name: str) -> dict[str, Any]:
        mime, content, liar = self.state.media[name]
        port = self.connection.getsockname()[1]
        size = 10 if liar else len(content)
        address = f"http://127.0.0.1:{port}/_files/{name}"
        digest = hashlib.sha256(content).hexdigest()
        return {"id": name, "url": address, "mime_type": mime, "sha256": digest, "file_size": size}

    def _message(self, body: dict[str, Any]) -> None:
        word = self.state.fault()
        if word == "429":
            return self._error(429, 130429, {"Retry-After": "1"})
        if word == "500":
            return self._error(500, 131000)
        if word == "refuse":
            return self._error(400, 131026)
        if word == "drop-before":
            return self.hang_up()
        if word == "502" and self.state.random.random() < 0.5:
            return self._bytes("text/html", b"<html>Bad gateway</html>", 502)
        answer = {"messaging_product": "whatsapp", "messages": [{"id": self.state.take(body)}]}
        if word == "502":
            return self._bytes("text/html", b"<html>Bad gateway</html>", 502)
        if word == "drop":
            return self.hang_up()
        if word == "half":
            return self.answer_half(answer)
        if word == "slow":
            time.sleep(self.state.slow_seconds)
        return self.answer_json(200, answer)

    def _error(self, status: int, code: int, headers: dict[str, str] | None = None) -> None:
        self.answer_json(status, {"error": {"message": "refused", "code": code}}, headers)

    def _bytes(self, mime: str, content: bytes, status: int = 200) -> None:
        self.answer(status, content, {"Content-Type": mime})


def payload(message: dict[str, Any], state: str) -> bytes:
    """A delivery with one status, as the vendor writes it."""
    body = message["body"]
    status = {
        "id": message["id"],
        "status": state,
        "timestamp": str(int(time.time())),
        "recipient_id": body.get("to") or body.get("recipient", ""),
        "biz_opaque_callback_data": body.get("biz_opaque_callback_data", ""),
    }
    value = {"messaging_product": "whatsapp", "metadata": {"phone_number_id": NUMBER}, "statuses": [status]}
    change = {"field": "messages", "value": value}
    return json.dumps({"object": "whatsapp_business_account", "entry": [{"id": "1", "changes": [change]}]}).encode()


def signed(body: bytes, secret: str) -> dict[str, str]:
    """Headers of a delivery."""
    signature = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return {"Content-Type": "application/json", "X-Hub-Signature-256": f"sha256={signature}"}


def report(state: State, webhook: str, secret: str) -> None:
    """Deliver statuses for ever; what is not taken comes again."""
    while True:
        time.sleep(STATUS_PAUSE if not state.to_report else 0)
        try:
            message, word = state.to_report.popleft()
        except IndexError:
            continue
        body = payload(message, word)
        if _delivered(webhook, body, secret):
            state.keep({"reported": f"{message['id']} {word}"})
        else:
            state.to_report.append((message, word))
            time.sleep(STATUS_PAUSE)


def _delivered(webhook: str, body: bytes, secret: str) -> bool:
    request = urllib.request.Request(webhook, body, signed(body, secret), method="POST")  # noqa: S310 - http, ours
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310 - likewise
            return bool(answer.status == 200)
    except (OSError, urllib.error.URLError):
        return False


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("port", type=int)
    parser.add_argument("state", type=Path)
    parser.add_argument("--webhook", default="")
    parser.add_argument("--secret", default="")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    Handler.state = State(given.state, given.seed)
    server = FakeServer(Handler, given.port)
    if given.webhook:
        threading.Thread(target=report, args=(Handler.state, given.webhook, given.secret), daemon=True).start()
    server.run()


if __name__ == "__main__":
    main()
