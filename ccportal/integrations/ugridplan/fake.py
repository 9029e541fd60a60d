"""A small uGridPlan for demonstrations and tests: ``python -m ccportal.integrations.ugridplan.fake PORT [STATE.json]``.

It keeps tickets, in the file when one is named. The service user is ``SVC001`` with the password ``fake-ugp-password``.
``/`` shows the tickets to a visitor, who may change their status. ``POST /_faults`` makes the next answers fail:
``[{"mode": "500"}]``, with the modes ``500``, ``429``, ``slow`` (2 s), ``half`` (acts, then half an answer),
``drop`` (acts, then no answer), ``hang`` (acts, then 20 s nothing), ``dead`` (no answer), ``401`` (the session has
ended). ``GET /_tickets`` is everything it has.
With ``WEBHOOK_URL`` and ``WEBHOOK_SECRET`` it tells of changes of status. The port is printed when it listens.
"""

import hashlib
import hmac
import html
import json
import os
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from threading import RLock, Thread
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import httpx

from ccportal.integrations.fakes import FakeHandler, FakeServer

USER, PASSWORD = "SVC001", "fake-ugp-password"
SESSION = "fake-ugp-session"
STATUSES = ("open", "acknowledged", "in_progress", "resolved", "closed", "reopened")


class Store:
    """Tickets by number, and the faults that are to come."""

    def __init__(self, path: Path | None) -> None:
        self.path, self.lock = path, RLock()
        self.tickets: dict[str, dict[str, Any]] = {}
        self.faults: list[str] = []
        if path and path.exists():
            self.tickets = json.loads(path.read_text(encoding="utf-8"))

    def save(self) -> None:
        if self.path:
            draft = self.path.with_suffix(".draft")
            draft.write_text(json.dumps(self.tickets), encoding="utf-8")
            draft.replace(self.path)

    def create(self, body: dict[str, Any]) -> dict[str, Any]:
        with self.lock:
            site, year = str(body.get("site_id") or "LSB"), datetime.now(UTC).year
            number = f"{site}-{year}-{len(self.tickets) + 1:04d}"
            ticket = {**body, "ticket_id": number, "status": "open", "comments": [], "updated_at": _now(), "note": ""}
            self.tickets[number] = ticket
            self.save()
            return ticket

    def comment(self, ticket: dict[str, Any], body: dict[str, Any]) -> None:
        with self.lock:
            number = f"{ticket['ticket_id']}-{len(ticket['comments']) + 1}"
            ticket["comments"].append({**body, "id": number, "at": _now()})
            ticket["updated_at"] = _now()
            self.save()

    def change(self, ticket: dict[str, Any], changes: dict[str, Any]) -> None:
        with self.lock:
            ticket.update(changes)
            ticket["updated_at"] = _now()
            self.save()

    def next_fault(self) -> str:
        with self.lock:
            return self.faults.pop(0) if self.faults else ""


def _now() -> str:
    return datetime.now(UTC).isoformat()


class Handler(FakeHandler):
    store: Store
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        if parts.path == "/":
            return self._page()
        if parts.path == "/_tickets":
            return self.answer_json(200, list(self.store.tickets.values()))
        return self._served(parts.path, parse_qs(parts.query), {})

    def do_POST(self) -> None:
        parts = urlsplit(self.path)
        raw = self.received()
        if parts.path == "/_status":
            return self._by_hand(parse_qs(raw.decode()))
        body = json.loads(raw or b"{}")
        if parts.path == "/_faults":
            self.store.faults = [fault["mode"] for fault in body for _ in range(int(fault.get("times", 1)))]
            return self.answer_json(200, {})
        return self._served(parts.path, {}, body)

    do_PATCH = do_POST

    def _served(self, path: str, query: dict[str, list[str]], body: dict[str, Any]) -> None:
        """Answer as uGridPlan does, or fail as told."""
        fault = self.store.next_fault()
        if fault in ("500", "429", "401"):
            return self.answer_json(int(fault), {"detail": "as told"}, {"Retry-After": "1"} if fault == "429" else {})
        if fault == "dead":
            return self.hang_up()
        if fault == "slow":
            time.sleep(2)
        if path == "/auth/login":
            good = (body.get("employeeNumber"), body.get("password")) == (USER, PASSWORD)
            cookie = {"Set-Cookie": f"access_token={SESSION}; HttpOnly"}
            return self.answer_json(200, {"success": True}, cookie) if good else self.answer_json(401, {"detail": "no"})
        if f"access_token={SESSION}" not in self.headers.get("Cookie", ""):
            return self.answer_json(401, {"detail": "sign in"})
        status, answer = self._act(path, query, body)
        if fault == "hang":
            time.sleep(20)
        if fault in ("drop", "hang"):
            return self.hang_up()
        if fault == "half":
            return self.answer_half(answer)
        return self.answer_json(status, answer)

    def _act(self, path: str, query: dict[str, list[str]], body: dict[str, Any]) -> tuple[int, Any]:
        words = [unquote(word) for word in path.strip("/").split("/")]
        if words[:2] != ["om", "tickets"]:
            return 404, {"detail": "unknown"}
        if len(words) == 2:
            return (200, {"success": True, "ticket": self.store.create(body)}) if body else (200, self._listed(query))
        ticket = self.store.tickets.get(words[2])
        if ticket is None:
            return 404, {"detail": "unknown ticket"}
        if words[3:] == ["comments"]:
            self.store.comment(ticket, body)
        elif self.command == "PATCH":
            self.store.change(ticket, body)
        return 200, ticket

    def _listed(self, query: dict[str, list[str]]) -> dict[str, Any]:
        reference, since = query.get("external_reference", [""])[0], query.get("updated_since", [""])[0]
        found = list(self.store.tickets.values())
        if reference:
            found = [ticket for ticket in found if ticket.get("external_reference") == reference]
        if since:
            moment = datetime.fromisoformat(since)
            found = [ticket for ticket in found if datetime.fromisoformat(ticket["updated_at"]) >= moment]
        return {"tickets": sorted(found, key=lambda ticket: ticket["updated_at"])}

    # ------------------------------------------------------------ for visitors
    def _page(self) -> None:
        rows = "".join(map(_row, reversed(self.store.tickets.values())))
        page = (
            '<!doctype html><html lang="en"><meta charset="utf-8"><title>uGridPlan (pretended)</title>'
            '<meta name="viewport" content="width=device-width"><body style="font-family:sans-serif;max-width:60rem">'
            "<h1>uGridPlan, pretended</h1>"
            "<p>Tickets that the portal has sent here. A change of status goes back to it.</p>"
            f"{rows or '<p>No tickets yet.</p>'}</body></html>"
        )
        self.answer(200, page.encode(), {"Content-Type": "text/html; charset=utf-8"})

    def _by_hand(self, form: dict[str, list[str]]) -> None:
        ticket, status = self.store.tickets.get(form.get("ticket", [""])[0]), form.get("status", [""])[0]
        if ticket and status in STATUSES:
            self.store.change(ticket, {"status": status, "note": form.get("note", [""])[0], "updated_by": "a visitor"})
            Thread(target=_tell, args=(dict(ticket),), daemon=True).start()
        self.answer(303, b"", {"Location": "/"})


def _row(ticket: dict[str, Any]) -> str:
    number = html.escape(ticket["ticket_id"])
    options = "".join(
        f"<option{' selected' if status == ticket['status'] else ''}>{status}</option>" for status in STATUSES
    )
    comments = "".join(
        f"<li>{html.escape(c.get('user', ''))}: {html.escape(c.get('text', ''))}</li>" for c in ticket["comments"]
    )
    return (
        f"<section><h2>{number} ({html.escape(str(ticket.get('priority', '')))})</h2>"
        f"<p>{html.escape(str(ticket.get('fault_description', '')))}</p><ul>{comments}</ul>"
        f'<form method="post" action="/_status"><input type="hidden" name="ticket" value="{number}">'
        f'<label>Status <select name="status">{options}</select></label> <label>Note <input name="note"></label> '
        "<button>Change</button></form></section>"
    )


def _tell(ticket: dict[str, Any]) -> None:
    """The webhook: the ticket as it is now, signed over time and body."""
    url, secret = os.environ.get("WEBHOOK_URL", ""), os.environ.get("WEBHOOK_SECRET", "")
    if not url:
        return
    body, at = json.dumps({"tickets": [ticket]}).encode(), str(int(time.time()))
    digest = hmac.new(secret.encode(), at.encode() + b"." + body, hashlib.sha256).hexdigest()
    headers = {"Content-Type": "application/json", "X-Timestamp": at, "X-Signature-256": f"sha256={digest}"}
    try:
        httpx.post(url, content=body, headers=headers, timeout=10, trust_env=False)
    except httpx.HTTPError:
        sys.stderr.write("the webhook was not taken; the portal will ask\n")


def main() -> None:
    Handler.store = Store(Path(sys.argv[2]) if len(sys.argv) > 2 else None)
    FakeServer(Handler, int(sys.argv[1])).run()


if __name__ == "__main__":
    main()
