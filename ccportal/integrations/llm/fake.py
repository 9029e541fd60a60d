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
from typing import Any

from ccportal.integrations.fakes import FakeHandler, FakeServer

KEY = "fake-llm-key"


class Handler(FakeHandler):
    behaviour: dict[str, Any] = {"mode": "ok", "content": "{}"}
    asked: list[dict[str, Any]] = []
    lock = threading.Lock()

    def do_GET(self) -> None:
        with self.lock:
            self.answer_json(200, self.asked)

    def do_POST(self) -> None:
        body = json.loads(self.received() or b"{}")
        if self.path == "/behave":
            with self.lock:
                Handler.behaviour = body
                self.asked.clear()
            return self.answer(200, b"{}")
        if self.headers.get("Authorization") != f"Bearer {KEY}":
            return self.answer(401, b'{"error": {"message": "wrong key"}}')
        with self.lock:
            self.asked.append(body)
            behaviour = dict(self.behaviour)
        return self._behave(behaviour, body)

    def _behave(self, behaviour: dict[str, Any], body: dict[str, Any]) -> None:
        mode = behaviour["mode"]
        if mode == "error":
            return self.answer(500, b'{"error": {"message": "Traceback: secret"}}')
        if mode == "limit":
            return self.answer(429, b'{"error": {"message": "slow down"}}', {"Retry-After": "30"})
        if mode == "garbage":
            return self.answer(200, b"<html>not JSON</html>")
        if mode == "redirect":
            return self.answer(302, b"", {"Location": "/v1/elsewhere"})
        if mode in ("slow", "huge"):
            return self.answer_slowly(endless=mode == "huge")
        content = behaviour.get("content", "")
        if mode == "echo":
            content = body["messages"][-1]["content"].partition("ANSWER:")[2].split("END")[0].strip()
        answer = self._completion(content, "length" if mode == "unfinished" else "stop")
        if mode == "half":
            return self.answer_half(answer)
        return self.answer_json(200, answer)

    @staticmethod
    def _completion(content: str, reason: str) -> dict[str, Any]:
        message = {"role": "assistant", "content": content}
        choice = {"index": 0, "message": message, "finish_reason": reason}
        return {"id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": "fake", "choices": [choice]}


def main() -> None:
    FakeServer(Handler, int(sys.argv[1])).run()


if __name__ == "__main__":
    main()
