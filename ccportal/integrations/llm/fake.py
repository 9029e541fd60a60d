"""A small language model's stand-in for tests and demonstrations: ``python -m ccportal.integrations.llm.fake PORT``.

Speaks as much of OpenAI's chat completions as the portal asks for. The key is ``fake-llm-key``. It answers what
``POST /behave`` told it last: ``{"mode": "ok", "content": "..."}``. Modes: ``ok`` (the content as told), ``echo``
(obeys whatever the message orders: the text behind ``ANSWER:`` in the question), ``slow`` (a byte now and then),
``error`` (500), ``limit`` (429), ``garbage`` (no JSON), ``half`` (breaks off), ``unfinished`` (out of tokens),
``redirect``, ``huge``. ``GET /asked`` lists the questions. The port is printed when it listens.
"""

import json
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

KEY = "fake-llm-key"


class Handler(BaseHTTPRequestHandler):
    behaviour: dict[str, Any] = {"mode": "ok", "content": "{}"}
    asked: list[dict[str, Any]] = []
    lock = threading.Lock()

    def do_GET(self) -> None:
        with self.lock:
            self._answer(200, json.dumps(self.asked).encode())

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)) or b"{}")
        if self.path == "/behave":
            with self.lock:
                Handler.behaviour = body
                self.asked.clear()
            return self._answer(200, b"{}")
        if self.headers.get("Authorization") != f"Bearer {KEY}":
            return self._answer(401, b'{"error": {"message": "wrong key"}}')
        with self.lock:
            self.asked.append(body)
            behaviour = dict(self.behaviour)
        return self._behave(behaviour, body)

    def _behave(self, behaviour: dict[str, Any], body: dict[str, Any]) -> None:
        mode = behaviour["mode"]
        if mode == "error":
            return self._answer(500, b'{"error": {"message": "Traceback: secret"}}')
        if mode == "limit":
            return self._answer(429, b'{"error": {"message": "slow down"}}', {"Retry-After": "30"})
        if mode == "garbage":
            return self._answer(200, b"<html>not JSON</html>")
        if mode == "redirect":
            return self._answer(302, b"", {"Location": "/v1/elsewhere"})
        if mode in ("slow", "huge"):
            return self._drip(endless=mode == "huge")
        content = behaviour.get("content", "")
        if mode == "echo":
            content = body["messages"][-1]["content"].partition("ANSWER:")[2].split("END")[0].strip()
        answer = self._completion(content, "length" if mode == "unfinished" else "stop")
        if mode == "half":
            return self._break_off(answer)
        return self._answer(200, answer)

    @staticmethod
    def _completion(content: str, reason: str) -> bytes:
        message = {"role": "assistant", "content": content}
        choice = {"index": 0, "message": message, "finish_reason": reason}
        return json.dumps(
            {"id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": "fake", "choices": [choice]}
        ).encode()

    def _break_off(self, answer: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer[: len(answer) // 2])
        self.close_connection = True

    def _drip(self, *, endless: bool) -> None:
        """A byte now and then keeps every ordinary timeout happy."""
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
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
        for name, value in {
            "Content-Type": "application/json",
            "Content-Length": str(len(body)),
            **(headers or {}),
        }.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: questions hold what customers wrote."""


def main() -> None:
    server = ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler)
    server.daemon_threads = True
    sys.stdout.write(f"{server.server_port}\n")
    sys.stdout.flush()
    server.serve_forever()


if __name__ == "__main__":
    main()
