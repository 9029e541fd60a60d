"""A small HR directory for demonstrations and tests: ``python -m ccportal.integrations.hr.fake PORT PEOPLE.json``.

``PEOPLE.json`` is a list of persons as ``schemas.Person`` has them. The key is ``fake-hr-key``. A person may carry
``"behave"``: ``slow`` (never finishes), ``broken`` (no JSON), ``wrong`` (another shape), ``other`` (somebody else),
``error`` (status 500), ``huge`` (endless), ``redirect`` (to another address). The port is printed when it listens.
"""

import json
import sys
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

from ccportal.integrations.fakes import FakeHandler, FakeServer

KEY = "fake-hr-key"
ODD_ANSWERS = {"broken": b"<html>not JSON</html>", "wrong": b'{"employee_id": 7, "name": ["x"]}'}


class Handler(FakeHandler):
    people: list[dict[str, str]] = []

    def do_GET(self) -> None:
        if self.headers.get("X-API-Key") != KEY:
            return self.answer(401, b"{}")
        parts = urlsplit(self.path)
        if parts.path == "/employees":
            email = parse_qs(parts.query).get("email", [""])[0]
            found = [person for person in self.people if person.get("email") == email]
            return self.answer_json(200, found)
        number = unquote(parts.path.removeprefix("/employees/"))
        person = next((person for person in self.people if person["employee_id"] == number), None)
        if person is None:
            return self.answer(404, b'{"detail": "unknown"}')
        return self._behave(person)

    def _behave(self, person: dict[str, str]) -> None:
        behave = person.get("behave", "")
        if behave in ("slow", "huge"):
            return self.answer_slowly(endless=behave == "huge")
        if behave in ODD_ANSWERS:
            return self.answer(200, ODD_ANSWERS[behave])
        if behave == "error":
            return self.answer(500, b"Traceback: secret")
        if behave == "redirect":
            return self.answer(302, b"", {"Location": "/employees/1001"})
        if behave == "other":
            person = {**person, "employee_id": "9999"}
        return self.answer_json(200, person)


def main() -> None:
    port, people = int(sys.argv[1]), Path(sys.argv[2])
    Handler.people = json.loads(people.read_text(encoding="utf-8"))
    FakeServer(Handler, port).run()


if __name__ == "__main__":
    main()
