"""What the stand-ins of vendors share: answers, whole ones and spoilt ones, and a server in a process of its own."""

import json
import sys
import time
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

JSON = "application/json"


class FakeHandler(BaseHTTPRequestHandler):
    """One request to a stand-in."""

    def received(self) -> bytes:
        """The body of the request."""
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def answer(self, status: int, body: bytes, headers: Mapping[str, str] | None = None) -> None:
        """JSON, unless a header says otherwise."""
        self._begin(status, len(body), headers)
        self.wfile.write(body)

    def answer_json(self, status: int, value: Any, headers: Mapping[str, str] | None = None) -> None:
        self.answer(status, json.dumps(value).encode(), headers)

    def answer_half(self, value: Any) -> None:
        """Break off in the middle of an answer."""
        body = json.dumps(value).encode()
        self._begin(200, len(body))
        self.wfile.write(body[: len(body) // 2])
        self.hang_up()

    def answer_slowly(self, *, endless: bool) -> None:
        """A byte now and then, which keeps every ordinary timeout happy; or as many bytes as one takes."""
        self.send_response(200)
        self.send_header("Content-Type", JSON)
        self.end_headers()
        while True:  # until the client gives up, as it should
            self.wfile.write(b" " * (65536 if endless else 1))
            self.wfile.flush()
            time.sleep(0 if endless else 0.1)

    def hang_up(self) -> None:
        self.close_connection = True
        self.wfile.flush()
        self.connection.close()

    def handle(self) -> None:
        try:
            super().handle()
        except (OSError, ValueError):
            return  # the connection was closed, by the other side or as told

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: paths and bodies hold personal data."""

    def _begin(self, status: int, length: int, headers: Mapping[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": JSON, "Content-Length": str(length), **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()


class FakeServer(ThreadingHTTPServer):
    """Listens on this machine only; prints its port, which is any free one when it is given as 0."""

    daemon_threads = True

    def __init__(self, handler: type[FakeHandler], port: int) -> None:
        super().__init__(("127.0.0.1", port), handler)

    def run(self) -> None:
        """Serve until the process is ended."""
        sys.stdout.write(f"{self.server_port}\n")
        sys.stdout.flush()
        self.serve_forever()
