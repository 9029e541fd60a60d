"""`make run` as a newcomer and as a script meet it: the real launcher, the real servers."""

import http.client
import json
import os
import re
import signal
import socket
import stat
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import urlencode

import pytest

ROOT = Path(__file__).resolve().parents[2]
PASSWORD = "Pula-ea-na-kajeno-5"

pytestmark = pytest.mark.slow


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def processes(folder):
    """Processes of this installation: those whose environment names its folder."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            try:
                variables = (entry / "environ").read_bytes()
            except (FileNotFoundError, ProcessLookupError, PermissionError):
                continue
            if f"VAR_DIR={folder}".encode() in variables.split(b"\0"):
                found.append(int(entry.name))
    return found


def eventually(condition, seconds=60):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.1)


class Installation:
    """One folder of data, and the launcher started on it."""

    def __init__(self, folder):
        self.folder = folder
        self.port = free_port()

    def environment(self, **more):
        given = {k: v for k, v in os.environ.items() if k not in ("REDIS_URL", "ACDB_FILE", "SECRET_KEY", "DEMO")}
        paths = {"VAR_DIR": str(self.folder), "ENV_FILE": str(self.folder.parent / "env"), "PYTHONPATH": str(ROOT)}
        return {**given, **paths, "PORT": str(self.port), "DEMO_PASSWORD": PASSWORD, **more}

    def start(self, **more):
        self.output = (self.folder.parent / "output").open("w+")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "demo.run"],
            cwd=ROOT,
            env=self.environment(**more),
            stdout=self.output,
            stderr=subprocess.STDOUT,
        )
        return self.process

    def said(self):
        return (self.folder.parent / "output").read_text()

    def wait_until_served(self, seconds=600):
        eventually(lambda: "The portal answers at" in self.said() or self.process.poll() is not None, seconds)
        assert self.process.poll() is None, self.said()

    def try_to_start(self, **more):
        """Start it where it cannot start; the status and what it said."""
        ended = subprocess.run(
            [sys.executable, "-m", "demo.run"],
            cwd=ROOT,
            env=self.environment(**more),
            capture_output=True,
            text=True,
            timeout=60,
        )
        return ended.returncode, ended.stdout + ended.stderr

    def stop(self, number=signal.SIGTERM):
        self.process.send_signal(number)
        return self.process.wait(timeout=60)

    def call(self, method, path, body="", **headers):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        connection.request(method, path, body, headers)
        response = connection.getresponse()
        content = response.read().decode()
        connection.close()
        return response, content


@pytest.fixture(scope="module")
def installation(tmp_path_factory):
    """A portal that was set up and started once; the tests of this module share it, in their order."""
    made = Installation(tmp_path_factory.mktemp("portal") / "var")
    made.start()
    try:
        made.wait_until_served()
        yield made
    finally:
        if made.process.poll() is None:
            made.stop()
        for pid in processes(made.folder):
            os.kill(pid, signal.SIGKILL)


def test_it_answers_at_the_address_it_prints(installation):
    assert f"The portal answers at http://127.0.0.1:{installation.port}/" in installation.said()
    response, body = installation.call("GET", "/health")
    assert response.status == 200
    assert json.loads(body)["status"] == "ok"


def test_it_prints_four_accounts_and_keeps_them_for_scripts(installation):
    path = installation.folder / "demo.json"
    known = json.loads(path.read_text())
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert known["url"] == f"http://127.0.0.1:{installation.port}/"
    assert [(a["employee_no"], a["role"], a["password"]) for a in known["accounts"]] == [
        ("1001", "superadmin", PASSWORD),
        ("1002", "onm_team", PASSWORD),
        ("1003", "finance_team", PASSWORD),
        ("1004", "generic", PASSWORD),
    ]
    for account in known["accounts"]:
        assert re.search(
            rf"^  {account['employee_no']} +{account['name']} +{account['role']} ", installation.said(), re.M
        )


def test_other_users_of_the_machine_cannot_read_the_data(installation):
    assert stat.S_IMODE(installation.folder.stat().st_mode) == 0o700
    for name in ("portal.sqlite3", "acdb.sqlite3", "log/web.log", "demo.json"):
        assert (installation.folder / name).stat().st_mode & 0o077 == 0, name


def test_the_accounts_open_the_portal(installation):
    page, body = installation.call("GET", "/sign-in/")
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', body)[1]
    cookie = page.headers["Set-Cookie"].split(";")[0]
    fields = {"csrfmiddlewaretoken": token, "employee_no": "1004", "password": PASSWORD}
    answer, _ = installation.call(
        "POST",
        "/sign-in/",
        urlencode(fields),
        **{"Content-Type": "application/x-www-form-urlencoded", "Cookie": cookie},
    )
    assert (answer.status, answer.headers["Location"]) == (302, "/")


def test_the_secrets_are_in_no_argument_list(installation):
    secrets = [line.split("=", 1)[1] for line in (installation.folder.parent / "env").read_text().splitlines()[2:]]
    password = re.search(r"redis://:([^@]+)@", "\n".join(secrets))[1]
    for pid in processes(installation.folder):
        arguments = Path(f"/proc/{pid}/cmdline").read_bytes().decode()
        assert password not in arguments
        assert PASSWORD not in arguments


def test_the_port_in_use_is_one_clear_line(installation, tmp_path):
    other = Installation(tmp_path / "var")
    other.port = installation.port
    status, said = other.try_to_start()
    assert status == 1
    assert said == f"Port {other.port} is in use. Choose another one: make run PORT={other.port + 1}\n"


def test_a_second_start_on_the_same_folder_is_refused(installation):
    status, said = installation.try_to_start(PORT=str(free_port()))
    assert status == 1
    assert said == (
        f"The portal runs already at http://127.0.0.1:{installation.port}/. Stop it first (Ctrl-C there).\n"
    )


@pytest.mark.parametrize(
    ("variables", "sentence"),
    [
        ({"PORT": "eighty"}, "PORT must be a number from 1 to 65535, not 'eighty'.\n"),
        ({"PORT": "70000"}, "PORT must be a number from 1 to 65535, not '70000'.\n"),
        (
            {"HOST": "everywhere"},
            "HOST must be an IP address of this machine (0.0.0.0 for all of them), not 'everywhere'.\n",
        ),
        ({"HOST": "192.0.2.1"}, "Cannot serve at 192.0.2.1 port {port}: Cannot assign requested address.\n"),
    ],
)
def test_what_cannot_work_is_one_clear_line(tmp_path, variables, sentence):
    other = Installation(tmp_path / "var")
    status, said = other.try_to_start(**variables)
    assert (status, said) == (1, sentence.format(port=other.port))


def test_a_folder_that_cannot_be_used_is_one_clear_line(tmp_path):
    (tmp_path / "var").touch()
    status, said = Installation(tmp_path / "var").try_to_start()
    assert status == 1
    assert said == f"The portal cannot use its files: File exists: {tmp_path / 'var'}.\n"


def test_it_refuses_production_settings(tmp_path):
    status, said = Installation(tmp_path / "var").try_to_start(PRODUCTION="1")
    assert status == 1
    assert said.startswith("PRODUCTION=1 excludes DEMO=1 and DEBUG=1")


def test_a_web_server_that_dies_is_started_again(installation):
    web = [pid for pid in processes(installation.folder) if b"granian" in Path(f"/proc/{pid}/cmdline").read_bytes()]
    os.kill(min(web), signal.SIGKILL)
    eventually(lambda: "web ended (status -9); starting it again in 1 s." in installation.said())

    def answers():
        try:
            return installation.call("GET", "/health")[0].status == 200
        except OSError:
            return False

    eventually(answers)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_stopping_ends_every_process_and_the_next_start_repeats_no_work(installation, number):
    assert installation.stop(number) == 0
    assert processes(installation.folder) == []
    assert installation.said().endswith("Stopped.\n")
    before = (installation.folder / "demo.json").read_text()
    installation.start()
    installation.wait_until_served(seconds=90)
    for step in ("Preparing", "Compressing", "Importing"):
        assert step not in installation.said()
    assert (installation.folder / "demo.json").read_text() == before


def test_nothing_is_left_when_the_launcher_is_killed_outright(installation):
    installation.process.kill()
    installation.process.wait()
    eventually(lambda: processes(installation.folder) == [])


def test_an_access_file_that_is_not_there_is_one_clear_line(installation):
    status, said = installation.try_to_start(ACDB_FILE="/nonexistent/utility.accdb")
    assert status == 1
    assert said.startswith("ACDB_FILE: there is no file /nonexistent/utility.accdb\n")
