"""A portal for trials of customer care: web server, care worker, beat, private Valkey and a fake Cloud API."""

import hashlib
import hmac
import http.client
import json
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ccportal.integrations.ugridplan import fake as ugridplan
from ccportal.integrations.whatsapp.fake import NUMBER, TOKEN
from demo import broker, run
from demo.bench.server import environment
from demo.environment import ROOT, Stop, broker_address, free_port
from demo.supervisor import Child

SECRET = "only-for-this-trial"
WEBHOOK = "/api/whatsapp/webhook"


def care_worker_command(name: str = "care", threads: int = 12) -> list[str]:
    """The worker of what waits for other houses, as it runs in production."""
    celery = [str(Path(sys.executable).parent / "celery"), "--workdir", str(ROOT), "--app", "ccportal", "worker"]
    options = ["--queues", "io", "--pool", "threads", "--concurrency", str(threads), "--hostname", f"{name}@%h"]
    return [*celery, *options, "--loglevel", "WARNING", "--without-gossip", "--without-mingle"]


@dataclass
class Portal:
    """The processes of one trial; ``kill`` and ``start`` by name."""

    folder: Path
    port: int
    settings: dict[str, str]
    children: dict[str, Child] = field(default_factory=dict)

    def add(self, name: str, command: list[str], first_input: str = "") -> None:
        (self.folder / "log").mkdir(exist_ok=True)
        log = self.folder / "log" / f"{name}.log"
        self.children[name] = Child(name, command, self.settings, log, first_input=first_input)
        self.children[name].start()

    def kill(self, name: str) -> None:
        """As a power cut does."""
        self.children[name].tell(9)
        process = self.children[name].process
        if process is not None:
            process.wait(timeout=10)

    def process(self, name: str) -> subprocess.Popen[bytes]:
        process = self.children[name].process
        if process is None:
            raise Stop(f"{name} did not start.")
        return process

    def start(self, name: str) -> None:
        self.children[name].start()

    def stop(self) -> None:
        for name in reversed(self.children):
            self.children[name].tell(15)
        deadline = time.monotonic() + 8
        while any(child.runs for child in self.children.values()) and time.monotonic() < deadline:
            time.sleep(0.05)
        for name in self.children:
            self.kill(name)

    def python(self, *words: str) -> str:
        """What a Python program prints in this portal's environment."""
        ended = subprocess.run(
            [sys.executable, *words], cwd=ROOT, env=self.settings, capture_output=True, text=True, check=False
        )
        if ended.returncode:
            raise Stop(f"{' '.join(words[:3])} failed:\n{ended.stderr[-3000:]}")
        return ended.stdout

    @property
    def cloud_url(self) -> str:
        return self.settings["WHATSAPP_CLOUD_URL"].rpartition("/")[0]

    def cloud(self, path: str, body: Any = None) -> Any:
        """Ask the fake Cloud API, or tell it how to go wrong."""
        return _asked(f"{self.cloud_url}{path}", body)

    def ugridplan(self, path: str, body: Any = None) -> Any:
        """The same of the fake uGridPlan."""
        return _asked(f"{self.settings['UGRIDPLAN_URL']}{path}", body)


def _asked(url: str, body: Any) -> Any:
    data = None if body is None else json.dumps(body).encode()
    with urllib.request.urlopen(url, data, timeout=10) as answer:
        return json.loads(answer.read())


@contextmanager
def portal(folder: Path, customers: int, **more: str) -> Iterator[Portal]:
    """A running portal that knows so many customers; ``more`` are settings."""
    folder.mkdir(parents=True, exist_ok=True)
    port, cloud_port, ugridplan_port = free_port(), free_port(), free_port()
    settings = environment(folder) | {
        "REDIS_URL": broker_address(),
        "ENV_FILE": os.devnull,
        "DEMO": "0",
        "STATIC_ROOT": str(folder / "static"),
        "DEBUG": "0",
        "WHATSAPP_CHANNEL": "cloud",
        "WHATSAPP_CLOUD_URL": f"http://127.0.0.1:{cloud_port}/v23.0",
        "WHATSAPP_PHONE_NUMBER_ID": NUMBER,
        "WHATSAPP_TOKEN": TOKEN,
        "WHATSAPP_APP_SECRET": SECRET,
        "WHATSAPP_VERIFY_TOKEN": "word",
        "UGRIDPLAN_URL": f"http://127.0.0.1:{ugridplan_port}",
        "UGRIDPLAN_USER": ugridplan.USER,
        "UGRIDPLAN_PASSWORD": ugridplan.PASSWORD,
        **more,
    }
    made = Portal(folder, port, settings)
    try:
        made.python("manage.py", "migrate", "--verbosity", "0")
        made.python("-m", "demo.bench.care_people", str(customers))
        valkey = folder / "valkey"
        valkey.mkdir(mode=0o700, exist_ok=True)
        configuration = broker.configuration(settings["REDIS_URL"], valkey)
        made.add("broker", [broker.server_program(), "-"], configuration)
        broker.wait_until_ready(settings["REDIS_URL"], made.process("broker"))
        fake = [
            sys.executable,
            "-m",
            "ccportal.integrations.whatsapp.fake",
            str(cloud_port),
            str(folder / "cloud.jsonl"),
        ]
        made.add("cloud", [*fake, "--webhook", f"http://127.0.0.1:{port}{WEBHOOK}", "--secret", SECRET])
        fake = [sys.executable, "-m", "ccportal.integrations.ugridplan.fake", str(ugridplan_port)]
        made.add("ugridplan", [*fake, str(folder / "ugridplan.json")])
        made.add("web", run.children("127.0.0.1", port, folder / "log")[0].command)
        made.add("care", care_worker_command())
        beat = [str(Path(sys.executable).parent / "celery"), "--workdir", str(ROOT), "--app", "ccportal", "beat"]
        made.add("beat", [*beat, "--loglevel", "WARNING", "--pidfile", ""])
        _wait(made)
        yield made
    finally:
        made.stop()


def _wait(made: Portal, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while run.health("127.0.0.1", made.port) != 200:
        if time.monotonic() > deadline or not made.children["web"].runs:
            raise Stop(f"The web server did not start:\n{made.children['web'].last_lines()}")
        time.sleep(0.1)


def phone(number: int) -> str:
    """The invented number of a customer of the trial."""
    return f"2665{7000000 + number}"


def delivery(number: str, sender: str, text: str) -> bytes:
    """A delivery with one message, as the vendor writes it."""
    message = {"from": sender, "id": number, "timestamp": str(int(time.time())), "type": "text", "text": {"body": text}}
    value = {"messages": [message], "contacts": [{"wa_id": sender, "profile": {"name": "Trial"}}]}
    change = {"field": "messages", "value": value}
    return json.dumps({"object": "whatsapp_business_account", "entry": [{"id": "1", "changes": [change]}]}).encode()


class Sender:
    """Posts signed deliveries over one kept connection."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)

    def post(self, body: bytes) -> int:
        """The status of the answer; 0 when none came."""
        signature = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
        headers = {"Content-Type": "application/json", "X-Hub-Signature-256": f"sha256={signature}"}
        try:
            self.connection.request("POST", WEBHOOK, body, headers)
            answer = self.connection.getresponse()
            answer.read()
        except (OSError, http.client.HTTPException):
            self.connection.close()
            return 0
        return answer.status
