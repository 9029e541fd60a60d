"""A small HR directory for demonstrations and tests: ``python -m ccportal.integrations.hr.fake PORT PEOPLE.json``.

``PEOPLE.json`` is a list of persons as ``schemas.Person`` has them. The key is ``fake-hr-key``. A person may carry
``"behave"``: ``slow`` (never finishes), ``broken`` (no JSON), ``wrong`` (another shape), ``other`` (somebody else),
``error`` (status 500), ``huge`` (endless), ``redirect`` (to another address). The port is printed when it listens.
"""

import json
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

KEY = "fake-hr-key"
ODD_ANSWERS = {"broken": b"<html>not JSON</html>", "wrong": b'{"employee_id": 7, "name": ["x"]}'}


class Handler(BaseHTTPRequestHandler):
    people: list[dict[str, str]] = []

    def do_GET(self) -> None:
        if self.headers.get("X-API-Key") != KEY:
            return self._answer(401, b"{}")
        parts = urlsplit(self.path)
        if parts.path == "/employees":
            email = parse_qs(parts.query).get("email", [""])[0]
            found = [person for person in self.people if person.get("email") == email]
            return self._answer(200, json.dumps(found).encode())
        number = unquote(parts.path.removeprefix("/employees/"))
        person = next((person for person in self.people if person["employee_id"] == number), None)
        if person is None:
            return self._answer(404, b'{"detail": "unknown"}')
        return self._behave(person)

    def _behave(self, person: dict[str, str]) -> None:
        behave = person.get("behave", "")
        if behave in ("slow", "huge"):
            return self._drip(endless=behave == "huge")
        if behave in ODD_ANSWERS:
            return self._answer(200, ODD_ANSWERS[behave])
        if behave == "error":
            return self._answer(500, b"Traceback: secret")
        if behave == "redirect":
            return self._answer(302, b"", {"Location": "/employees/1001"})
        if behave == "other":
            person = {**person, "employee_id": "9999"}
        return self._answer(200, json.dumps(person).encode())

    def _drip(self, *, endless: bool) -> None:
        """A byte now and then keeps every ordinary timeout happy."""
        self.send_response(200)
        self.end_headers()
        try:
            while True:
                self.wfile.write(b" " * (65536 if endless else 1))
                self.wfile.flush()
                time.sleep(0 if endless else 0.1)
        except OSError:
            return  # the client gave up, as it should

    def _answer(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: paths hold employee numbers."""


def main() -> None:
    port, people = int(sys.argv[1]), Path(sys.argv[2])
    Handler.people = json.loads(people.read_text(encoding="utf-8"))
    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    server.daemon_threads = True
    sys.stdout.write(f"{server.server_port}\n")
    sys.stdout.flush()
    server.serve_forever()


if __name__ == "__main__":
    main()
