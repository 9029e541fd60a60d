"""A real portal: granian in a process of its own, on the sample imported from Access, asked over HTTP."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest

from ccportal.core.testing.processes import Workspace

#: Nobody is told to come back later.
NO_LIMITS = {
    "API_RATE": "1000000/min",
    "API_ANONYMOUS_RATE": "1000000/min",
    "API_SIGN_IN_RATE": "1000000/min",
    "LOGIN_FAILURES": "100000",
    "LOGIN_FAILURES_PER_NUMBER": "100000",
    "LOGIN_FAILURES_PER_ADDRESS": "100000",
}


@dataclass
class Portal:
    """The running portal and who may sign in there."""

    url: str
    people: dict[str, Any]
    tokens: dict[str, str]
    client: httpx.Client = field(default_factory=lambda: httpx.Client(timeout=60))

    def headers(self, who: str | None) -> dict[str, str]:
        """What identifies a role, ``customer``, ``service`` (an API key) or nobody."""
        if who is None:
            return {}
        if who == "service":
            return {"X-API-Key": self.people["key"]}
        return {"Authorization": f"Bearer {self.tokens[who]}"}

    def ask(self, who: str | None, method: str, path: str, **arguments: Any) -> httpx.Response:
        headers = {**self.headers(who), **arguments.pop("headers", {})}
        return self.client.request(method, self.url + path, headers=headers, **arguments)


@pytest.fixture(scope="session")
def portal(make_workspace: Callable[..., Workspace]) -> Iterator[Portal]:
    workspace = make_workspace(sample=True, **NO_LIMITS)
    people = workspace.script("ccportal.api.tests.contract.prepare")
    with workspace.serving() as url:
        yield Portal(url, people, _sign_everybody_in(url, people))


def _sign_everybody_in(url: str, people: dict[str, Any]) -> dict[str, str]:
    """As om-portal and the React client do."""
    wanted = {role: ("employee", {"employee_id": number}) for role, number in people["employees"].items()}
    wanted["customer"] = ("customer", {"customer_id": people["account"]})
    tokens = {}
    for who, (kind, name) in wanted.items():
        body = {**name, "password": people["password"]}
        answer = httpx.post(f"{url}/api/auth/{kind}-login", json=body, timeout=60)
        assert answer.status_code == 200, answer.text
        tokens[who] = answer.json()["access_token"]
    return tokens
