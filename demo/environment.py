"""The `.env` file of an installation on one machine: written once, with fresh secrets, readable by its owner only."""

import os
import secrets
import socket
from collections.abc import Callable
from pathlib import Path

from ccportal import env

ROOT = Path(__file__).resolve().parent.parent
ENV_FILE = Path(os.environ.get("ENV_FILE", ROOT / ".env"))
_HEADER = (
    "# Written by `make run`; git ignores this file. docs/operations.md explains every variable.\n"
    "# A variable of the process environment wins over the line here.\n"
)


class Stop(Exception):
    """Something a person has to put right; the message says what."""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def broker_address() -> str:
    """An address for the private Valkey: this machine only, and a password against its other users."""
    return f"redis://:{secrets.token_urlsafe(24)}@127.0.0.1:{free_port()}/0"


_GENERATED: dict[str, Callable[[], str]] = {
    "DEMO": lambda: "1",
    "SECRET_KEY": lambda: secrets.token_urlsafe(50),
    "REDIS_URL": broker_address,
    "PAYMENT_WEBHOOK_SECRETS": lambda: f"demo={secrets.token_urlsafe(24)},sms={secrets.token_urlsafe(24)}",
}


def prepare_environment(path: Path = ENV_FILE) -> None:
    """Write what is missing in ``.env`` and load it into the process environment."""
    if path.exists() and not os.access(path, os.R_OK | os.W_OK):
        raise Stop(f"{path.name} belongs to somebody else: it cannot be read or written.")
    present = path.read_text(encoding="utf-8") if path.exists() else ""
    names = {line.partition("=")[0].strip().removesuffix("_FILE") for line in present.splitlines()}
    if "PRODUCTION" in names and "DEMO" not in names:
        raise Stop("`make run` is for trying the portal; .env is of a production installation and is left alone.")
    missing = {name: make for name, make in _GENERATED.items() if name not in names}
    if missing:
        lines = [f"{name}={make()}\n" for name, make in missing.items()]
        text = (present.rstrip("\n") + "\n" if present.strip() else _HEADER) + "".join(lines)
        descriptor = os.open(path.with_suffix(".new"), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
        path.with_suffix(".new").replace(path)
    env.load_dotenv(path)


def var_dir() -> Path:
    """Where this installation keeps its files, as the settings see it."""
    return Path(env.text("VAR_DIR", str(ROOT / "var"))).resolve()
