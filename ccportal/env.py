"""Typed readers for settings that come from the environment.

Each reader raises ``ImproperlyConfigured`` naming the variable when a value does not fit,
so that a typing mistake stops the start instead of changing behaviour silently.
Any variable may also be given as ``NAME_FILE``, the path of a file that holds the value
(the way container platforms hand over secrets).
"""

import os
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

_TRUE = {"1", "true", "yes", "on"}
_FALSE = {"0", "false", "no", "off", ""}


def load_dotenv(path: Path) -> None:
    """Put the ``NAME=value`` lines of a file into the environment; what is set already wins."""
    if not path.is_file():
        return
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        line = line.strip()
        if not line or line.startswith("#"):
            continue
        name, separator, value = line.partition("=")
        if not separator:
            raise ImproperlyConfigured(f"{path.name} line {number}: expected NAME=value")
        value = value.strip()
        if len(value) > 1 and value[0] == value[-1] and value[0] in "'\"":
            value = value[1:-1]
        os.environ.setdefault(name.strip(), value)


def text(name: str, default: str = "") -> str:
    """The value of a variable, or of the file that ``NAME_FILE`` names."""
    if name in os.environ:
        return os.environ[name]
    file_name = os.environ.get(f"{name}_FILE")
    if file_name:
        try:
            return Path(file_name).read_text(encoding="utf-8").strip()
        except OSError as error:
            raise ImproperlyConfigured(f"{name}_FILE cannot be read: {error.strerror}") from error
    return default


def flag(name: str, default: bool = False) -> bool:
    """A switch, 1 or 0; ``ImproperlyConfigured`` names the variable that is neither."""
    value = text(name, "1" if default else "0").strip().lower()
    if value in _TRUE:
        return True
    if value in _FALSE:
        return False
    raise ImproperlyConfigured(f"{name} must be 1 or 0, not {value!r}")


def integer(name: str, default: int) -> int:
    """A whole number; ``ImproperlyConfigured`` names the variable that is none."""
    value = text(name, str(default)).strip()
    try:
        return int(value)
    except ValueError:
        raise ImproperlyConfigured(f"{name} must be a whole number, not {value!r}") from None


def integers(name: str, default: str, count: int) -> list[int]:
    """Exactly so many whole numbers, separated by commas."""
    words = [word.strip() for word in text(name, default).split(",")]
    if len(words) != count or not all(word.isdecimal() for word in words):
        raise ImproperlyConfigured(f"{name} must be {count} whole numbers separated by commas, like {default}")
    return [int(word) for word in words]


def names(name: str, default: str = "") -> list[str]:
    """A comma-separated list, blanks dropped."""
    return [part.strip() for part in text(name, default).split(",") if part.strip()]


def shared_secrets(name: str, shortest: int = 20) -> dict[str, tuple[str, ...]]:
    """Secrets of other programs: ``mpesa=new|old,ecocash=...``; two of one are both good while one is changed."""
    found = {}
    for entry in names(name):
        program, separator, values = entry.partition("=")
        secrets = tuple(value for value in values.split("|") if value)
        if not separator or not program.strip() or not secrets:
            raise ImproperlyConfigured(f"{name} must look like program=secret,program=new|old")
        if min(map(len, secrets)) < shortest:
            raise ImproperlyConfigured(f"{name}: a secret of {program.strip()} has fewer than {shortest} characters")
        found[program.strip().lower()] = secrets
    return found


def database(name: str, default: str) -> dict:
    """A Django DATABASES entry from an address.

    ``sqlite:///relative.db`` or ``sqlite:////absolute.db``, ``postgresql://user:password@host:port/name``,
    ``mssql://user:password@host:port/name?driver=ODBC+Driver+18+for+SQL+Server&python_driver=mssql_python``.
    Query parameters become OPTIONS.
    """
    address = text(name, default)
    parts = urlsplit(address)
    options = dict(parse_qsl(parts.query))
    if parts.scheme == "sqlite":
        return {"ENGINE": "django.db.backends.sqlite3", "NAME": unquote(parts.path[1:])}
    engines = {
        "postgresql": "django.db.backends.postgresql",
        "postgres": "django.db.backends.postgresql",
        "mssql": "ccportal.acdb.sqlserver",
    }
    if parts.scheme not in engines or not parts.path.strip("/"):
        raise ImproperlyConfigured(
            f"{name} must look like sqlite:///file, postgresql://user:password@host/name or mssql://..."
        )
    if parts.scheme.startswith("postgres"):
        # A server that does not answer must not hold up a request for minutes.
        options.setdefault("connect_timeout", "5")
    return {
        "ENGINE": engines[parts.scheme],
        "NAME": unquote(parts.path.strip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": parts.hostname or "",
        "PORT": str(parts.port or ""),
        "OPTIONS": options,
    }
