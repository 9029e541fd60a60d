"""Asks the HR directory over HTTPS with an API key.

    GET {HR_URL}/employees/{employee_id}     200 Person | 404
    GET {HR_URL}/employees?email={email}     200 [Person]

``X-API-Key`` carries ``HR_API_KEY``. One question takes ``HR_TIMEOUT_SECONDS`` at most, however slowly it is answered.
"""

import time
from typing import Any
from urllib.parse import quote

import httpx
from django.conf import settings
from pydantic import TypeAdapter, ValidationError

from ccportal.integrations.addresses import address_is_safe
from ccportal.integrations.hr.schemas import Person

_MAX_ANSWER = 64 * 1024
_people = TypeAdapter(list[Person])


class DirectoryFault(Exception):
    """The directory did not give a usable answer; the text names the reason without personal data."""


class Directory:
    """A connection to the directory; make one per question and close it (``with``)."""

    def __init__(self, url: str, api_key: str, timeout: float) -> None:
        if not address_is_safe(url):
            raise DirectoryFault("HR_URL is not an https:// address")
        self.url = url.rstrip("/")
        self.timeout = timeout
        self.deadline = time.monotonic() + timeout
        headers = {"Accept": "application/json"} | ({"X-API-Key": api_key} if api_key else {})
        # No redirects: the key goes to the configured address and nowhere else.
        self.http = httpx.Client(headers=headers, follow_redirects=False, trust_env=False)

    def __enter__(self) -> "Directory":
        return self

    def __exit__(self, *_: object) -> None:
        self.http.close()

    def by_number(self, employee_no: str) -> Person | None:
        """The employee with this number; None when the directory does not know it."""
        answer = self._get(f"/employees/{quote(employee_no, safe='')}", {})
        if answer is None:
            return None
        person = self._checked(Person.model_validate_json, answer)
        if person.employee_id.lstrip("0").upper() != employee_no.lstrip("0").upper():
            raise DirectoryFault("the directory answered about somebody else")
        return person

    def by_email(self, email: str) -> Person | None:
        """The one employee with this e-mail; None when there is none, or more than one."""
        answer = self._get("/employees", {"email": email})
        people = [] if answer is None else self._checked(_people.validate_json, answer)
        return people[0] if len(people) == 1 and people[0].email == email.lower() else None

    def _get(self, path: str, query: dict[str, str]) -> bytes | None:
        left = max(self.deadline - time.monotonic(), 0.01)
        try:
            with self.http.stream("GET", self.url + path, params=query, timeout=left) as response:
                if response.status_code == 404:
                    return None
                if response.status_code != 200:
                    raise DirectoryFault(f"the directory answered with status {response.status_code}")
                return self._body(response)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise DirectoryFault(f"the directory does not answer: {type(error).__name__}") from error

    def _body(self, response: httpx.Response) -> bytes:
        """The body, given up when it is too long or comes too slowly."""
        body = b""
        for part in response.iter_bytes():
            body += part
            if len(body) > _MAX_ANSWER:
                raise DirectoryFault("the directory's answer is too long")
            if time.monotonic() > self.deadline:
                raise DirectoryFault("the directory is too slow")
        return body

    def _checked(self, parse: Any, answer: bytes) -> Any:
        try:
            return parse(answer)
        except ValidationError as error:
            fields = sorted({".".join(map(str, fault["loc"])) or "body" for fault in error.errors()})
            raise DirectoryFault(f"the directory's answer is not as agreed: {', '.join(fields)}") from None


def directory() -> Directory | None:
    """The configured directory; None when there is none."""
    if not settings.HR_URL:
        return None
    return Directory(settings.HR_URL, settings.HR_API_KEY, settings.HR_TIMEOUT_SECONDS)
