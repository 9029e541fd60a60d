"""What the pages show of people."""

from dataclasses import dataclass

from ccportal.accounts import sessions
from ccportal.accounts.models import Employee, SignIn
from ccportal.accounts.roles import PERMISSIONS
from ccportal.jobs.models import OutboxMessage


@dataclass(frozen=True)
class OpenSignIn:
    """A browser or program that is signed in; ``device`` is a guess from what it says of itself."""

    row: SignIn
    device: str
    is_this: bool


def profile_of(employee: Employee, session_key: str | None) -> dict[str, object]:
    """The context of My profile."""
    rows = sessions.open_sign_ins(employee)
    return {
        "employee": employee,
        "may": [sentence for name, sentence in PERMISSIONS.items() if employee.has_perm(f"accounts.{name}")],
        "may_not": [sentence for name, sentence in PERMISSIONS.items() if not employee.has_perm(f"accounts.{name}")],
        "sign_ins": [OpenSignIn(row, device(row.user_agent), row.session_key == session_key) for row in rows],
    }


def device(user_agent: str) -> str:
    """Browser and system in words.

    >>> device("Mozilla/5.0 (Linux; Android 13) AppleWebKit/537.36 Chrome/130.0 Mobile Safari/537.36")
    'Chrome on Android'
    """
    browsers = {"Edg": "Edge", "OPR": "Opera", "Firefox": "Firefox", "Chrome": "Chrome", "Safari": "Safari"}
    systems = {"Android": "Android", "iPhone": "iPhone", "iPad": "iPad", "Windows": "Windows", "Mac OS": "macOS"}
    browser = next((name for mark, name in browsers.items() if mark in user_agent), "")
    system = next((name for mark, name in (systems | {"Linux": "Linux"}).items() if mark in user_agent), "")
    return f"{browser} on {system}" if browser and system else browser or system or "a program"


def demo_messages() -> list[OutboxMessage]:
    """The latest SMS of a demonstration, newest first; elsewhere nobody may read them."""
    return list(OutboxMessage.objects.filter(kind__startswith="sms.").order_by("-pk")[:20])
