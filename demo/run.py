"""Serves the portal on this machine: web server, Celery workers and beat, a private Valkey, a pretended uGridPlan.

``python -m demo.run`` prepares what is missing, prints address and accounts, and stays until Ctrl-C or SIGTERM.
``HOST`` (127.0.0.1), ``PORT`` (8000), ``DEMO_PASSWORD`` and ``ACDB_FILE`` come from the environment.
Anything that is wrong is one line on stderr and exit status 1.
"""

import errno
import fcntl
import http.client
import ipaddress
import os
import secrets
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import TextIO

from ccportal.integrations.ugridplan import fake as ugridplan
from demo import broker
from demo.environment import ROOT, Stop, free_port, prepare_environment, var_dir
from demo.prepare import read_json, write_private
from demo.supervisor import Child, Supervisor, end_with_parent

START_SECONDS = 60


def say(text: str) -> None:
    print(text, flush=True)


def claim(var: Path) -> TextIO:
    """Hold the folder for this process; a second start on it is told so."""
    var.mkdir(parents=True, exist_ok=True)
    lock = (var / "run.lock").open("a+", encoding="utf-8")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        where = read_json(var / "demo.json").get("url", "")
        raise Stop(f"The portal runs already{f' at {where}' if where else ''}. Stop it first (Ctrl-C there).") from None
    return lock


def chosen_port() -> int:
    text = os.environ.get("PORT") or "8000"
    if not text.isdigit() or not 0 < int(text) < 65536:
        raise Stop(f"PORT must be a number from 1 to 65535, not {text!r}.")
    return int(text)


def check_port(host: str, port: int) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                raise Stop(f"Port {port} is in use. Choose another one: make run PORT={port + 1}") from None
            raise Stop(f"Cannot serve at {host} port {port}: {error.strerror}.") from None


def chosen_host() -> str:
    text = os.environ.get("HOST") or "127.0.0.1"
    try:
        return str(ipaddress.ip_address("127.0.0.1" if text == "localhost" else text))
    except ValueError:
        raise Stop(f"HOST must be an IP address of this machine (0.0.0.0 for all of them), not {text!r}.") from None


def allow_hosts(host: str) -> None:
    """Let the portal answer to this machine's own name when it is served to the network."""
    if "ALLOWED_HOSTS" in os.environ or ipaddress.ip_address(host).is_loopback:
        return
    names = {"localhost", "127.0.0.1", "[::1]", socket.gethostname(), socket.getfqdn(), host}
    os.environ["ALLOWED_HOSTS"] = ",".join(sorted(names))


def prepare() -> None:
    """Databases, files and people, in a process of its own that gives its memory back."""
    parent = os.getpid()
    ended = subprocess.run(
        [sys.executable, "-m", "demo.prepare"],
        cwd=ROOT,
        preexec_fn=lambda: end_with_parent(parent),
        check=False,
    )
    if ended.returncode:
        raise Stop("The portal was not started (see above).")


def children(host: str, port: int, logs: Path) -> list[Child]:
    """Web, both workers and beat, as they run in production."""
    logs.mkdir(exist_ok=True)
    # On SIGTERM the worker hands unfinished tasks back to the broker instead of waiting for their end.
    environment = dict(os.environ, DJANGO_SETTINGS_MODULE="ccportal.settings", REMAP_SIGTERM="SIGQUIT")
    environment["PYTHONPATH"] = str(ROOT)
    programs = Path(sys.executable).parent
    web = [str(programs / "granian"), "--interface", "wsgi", "--host", host, "--port", str(port)]
    web += ["--workers", "2", "--blocking-threads", "4", "--workers-kill-timeout", "3", "--no-ws"]
    web += ["--respawn-failed-workers"]
    web += ["--working-dir", str(ROOT), "ccportal.wsgi:application"]
    celery = [str(programs / "celery"), "--workdir", str(ROOT), "--app", "ccportal"]
    quiet = ["--loglevel", "INFO", "--without-gossip", "--without-mingle"]
    worker = [*celery, "worker", "--queues", "celery", "--concurrency", "2", *quiet]
    # Waits for other houses rather than for the processor: threads are enough.
    care = [*celery, "worker", "--queues", "io", "--pool", "threads", "--concurrency", "12", *quiet]
    care += ["--hostname", "care@%h"]
    beat = [*celery, "beat", "--loglevel", "INFO", "--pidfile", ""]
    commands = {"web": web, "worker": worker, "care": care, "beat": beat}
    if os.environ.get("WHATSAPP_LINKED") == "1":
        commands["link"] = [sys.executable, "manage.py", "whatsapp_link"]
    return [Child(name, command, environment, logs / f"{name}.log") for name, command in commands.items()]


def start_ugridplan(supervisor: Supervisor, var: Path, port_of_portal: int) -> str:
    """The pretended uGridPlan, unless a real one is named; its address. Its tickets stay from one start to the next."""
    if os.environ.get("UGRIDPLAN_URL"):
        return ""
    port, secret = free_port(), secrets.token_urlsafe(24)
    url = f"http://127.0.0.1:{port}"
    named = {"URL": url, "USER": ugridplan.USER, "PASSWORD": ugridplan.PASSWORD, "WEBHOOK_SECRET": secret}
    os.environ.update({f"UGRIDPLAN_{name}": value for name, value in named.items()})
    command = [sys.executable, "-m", "ccportal.integrations.ugridplan.fake", str(port), str(var / "ugridplan.json")]
    webhook = f"http://127.0.0.1:{port_of_portal}/api/ugridplan/webhook"
    told = {"WEBHOOK_URL": webhook, "WEBHOOK_SECRET": secret}
    environment = dict(os.environ, PYTHONPATH=str(ROOT), **told)
    supervisor.add(Child("ugridplan", command, environment, var / "log" / "ugridplan.log"))
    return url


def start_broker(supervisor: Supervisor, var: Path) -> None:
    """The private Valkey at ``REDIS_URL``; the variable follows when another program has taken that port."""
    address = os.environ["REDIS_URL"]
    address = os.environ["REDIS_URL"] = broker.usable(address)
    folder = var / "valkey"
    folder.mkdir(mode=0o700, exist_ok=True)
    child = Child(
        "broker",
        [broker.server_program(), "-"],
        dict(os.environ),
        var / "log" / "broker.log",
        first_input=broker.configuration(address, folder),
    )
    broker.wait_until_ready(address, supervisor.add(child))


def health(host: str, port: int) -> int:
    """The status of /health; 0 while nothing answers."""
    connection = http.client.HTTPConnection(host, port, timeout=5)
    try:
        connection.request("GET", "/health")
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return 0
    finally:
        connection.close()


def wait_until_served(supervisor: Supervisor, host: str, port: int) -> bool:
    """True once /health says that all is well; False when somebody asked to stop meanwhile."""
    probe = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
    deadline = time.monotonic() + START_SECONDS
    while not supervisor.stopping:
        status = health(probe, port)
        if status == 200:
            return True
        for child in supervisor.children:
            if not child.runs:
                raise Stop(f"{child.name} did not start. Its last lines:\n{child.last_lines()}")
        if time.monotonic() > deadline:
            raise Stop(f"/health did not say that all is well within {START_SECONDS} s (last status {status}).")
        time.sleep(0.1)
    return False


def introduce(url: str, var: Path, ugridplan_url: str = "") -> None:
    """Address and accounts, on the terminal and in ``demo.json``."""
    known = read_json(var / "demo.json")
    accounts = known.get("accounts", [])
    write_private(var / "demo.json", {"url": url, "accounts": accounts})
    say(f"\nThe portal answers at {url}\n")
    if accounts:
        columns = {"employee_no": "Employee", "name": "Name", "role": "Role", "password": "Password"}
        rows = [list(columns.values())] + [[account[key] for key in columns] for account in accounts]
        widths = [max(len(row[index]) for row in rows) for index in range(len(columns))]
        for row in rows:
            say("  " + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
    say(f"\nPlay a customer on a pretended phone (O&M team or super admin): {url}care/simulator/")
    if ugridplan_url:
        say(f"See the tickets arrive in a pretended uGridPlan: {ugridplan_url}/")
    logs = var / "log"
    shown = logs.relative_to(ROOT) if logs.is_relative_to(ROOT) else logs
    say(f"\nLogs are in {shown}. Stop with Ctrl-C.")


def serve(host: str, port: int, var: Path, *, own_broker: bool) -> None:
    supervisor = Supervisor(say)
    supervisor.listen()
    try:
        (var / "log").mkdir(exist_ok=True)
        if own_broker:
            start_broker(supervisor, var)
        url = f"http://{f'[{host}]' if ':' in host else host}:{port}/"
        ugridplan_url = start_ugridplan(supervisor, var, port)
        for child in children(host, port, var / "log"):
            supervisor.add(child)
        if wait_until_served(supervisor, host, port):
            introduce(url, var, ugridplan_url)
            supervisor.watch()
    finally:
        supervisor.stop()
    say("\nStopped.")


def main() -> int:
    if "--end-with-parent" in sys.argv[1:]:
        end_with_parent(os.getppid())
    os.umask(0o077)  # databases, logs and backups hold personal data
    try:
        host, port = chosen_host(), chosen_port()
        named_by_caller = "REDIS_URL" in os.environ
        prepare_environment()
        own_broker = not named_by_caller and broker.is_ours(os.environ.get("REDIS_URL", ""))
        var = var_dir()
        lock = claim(var)
        check_port(host, port)
        allow_hosts(host)
        prepare()
        with lock:
            serve(host, port, var, own_broker=own_broker)
    except Stop as stop:
        sys.stderr.write(f"{stop}\n")
        return 1
    except OSError as error:
        sys.stderr.write(f"The portal cannot use its files: {error.strerror}: {error.filename or var_dir()}.\n")
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
