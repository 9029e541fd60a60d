"""The fake Cloud API as a process, signed deliveries, and messages as the vendor writes them."""

import json
import subprocess
import sys
import time
from dataclasses import dataclass

import httpx
import pytest

from ccportal.integrations.whatsapp.fake import NUMBER, TOKEN, signed

SECRET = "app-secret-of-the-test"
WEBHOOK = "/api/whatsapp/webhook"


@dataclass
class Cloud:
    """A running fake; ``go_wrong("drop")`` decides about the next sendings."""

    url: str

    def go_wrong(self, *words, slow_seconds=3.0):
        httpx.post(f"{self.url}/_mode", json={"next": words, "slow_seconds": slow_seconds}).raise_for_status()

    def taken(self):
        return [message["body"] for message in httpx.get(f"{self.url}/_state").json()["messages"]]

    def ids(self):
        return [message["id"] for message in httpx.get(f"{self.url}/_state").json()["messages"]]

    def keep(self, content, mime, **query):
        return httpx.post(f"{self.url}/_media", params={"type": mime, **query}, content=content).json()["id"]


@pytest.fixture(scope="session")
def cloud_process(tmp_path_factory):
    state = tmp_path_factory.mktemp("cloud") / "state.jsonl"
    command = [sys.executable, "-m", "ccportal.integrations.whatsapp.fake", "0", str(state)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        yield f"http://127.0.0.1:{int(process.stdout.readline())}"
    finally:
        process.terminate()
        process.wait(timeout=10)


@pytest.fixture
def cloud(cloud_process, settings):
    settings.WHATSAPP_CHANNEL = "cloud"
    settings.WHATSAPP_CLOUD_URL = f"{cloud_process}/v23.0"
    settings.WHATSAPP_PHONE_NUMBER_ID = NUMBER
    settings.WHATSAPP_TOKEN = TOKEN
    settings.WHATSAPP_APP_SECRET = SECRET
    settings.WHATSAPP_VERIFY_TOKEN = "our-word"
    fake = Cloud(cloud_process)
    fake.go_wrong()
    return fake


def text(body, *, sender="26658120001", number="wamid.1", name="Lineo", at=None):
    message = {"from": sender, "id": number, "timestamp": str(int(at or time.time())), "type": "text"}
    return {"messages": [{**message, "text": {"body": body}}], "contacts": [contact(sender, name)]}


def contact(sender, name="Lineo"):
    return {"wa_id": sender, "profile": {"name": name}}


def delivery(*values):
    entries = [{"id": "1", "changes": [{"field": "messages", "value": value}]} for value in values]
    return json.dumps({"object": "whatsapp_business_account", "entry": entries}).encode()


@pytest.fixture
def deliver(client, cloud):
    """Post a signed delivery to the webhook; the answer."""

    def post(*values, body=None, secret=SECRET):
        body = delivery(*values) if body is None else body
        headers = signed(body, secret)
        return client.post(
            WEBHOOK,
            body,
            content_type="application/json",
            headers={"X-Hub-Signature-256": headers["X-Hub-Signature-256"]},
        )

    return post
