"""How a customer gets a password: by proving possession of a phone on file (D-70).

Step 1 sends ``customer_id`` and ``password``: a code of six digits goes by SMS to the phone on file. Step 2 sends the
same with ``code`` and sets the password. A code lives ten minutes, bears five wrong tries, and an account gets three
codes an hour. Whoever already has a password changes it, or asks the office to remove it.
"""

import secrets
from datetime import timedelta

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.db.models import F
from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac

from ccportal.accounts import customers, lockout
from ccportal.accounts.models import CustomerLogin, OneTimeCode, SignIn
from ccportal.accounts.tasks import SMS_CODE
from ccportal.acdb.accountnumbers import parse_typed, site_code
from ccportal.core.audited import happened
from ccportal.core.errors import Conflict, NotFound, PortalError, Unavailable
from ccportal.core.phones import parse_stored
from ccportal.integrations.sms import client as sms
from ccportal.jobs import outbox
from customers.models import DirectoryAccount, Site

CODE_LIVES = timedelta(minutes=10)
MAX_FAILURES = 5
CODES_PER_HOUR = 3


class WrongCustomerCredentials(PortalError):
    """Account and password do not belong together; which of them is wrong stays unsaid."""

    status = 401
    title = "Not signed in"

    def __init__(self) -> None:
        super().__init__("This account number and password do not match.")


class WrongCode(PortalError):
    status = 422
    title = "Wrong code"


class TooManyCodes(PortalError):
    """The account was sent as many codes as an hour allows."""

    status = 429
    title = "Too many codes"

    def __init__(self) -> None:
        super().__init__("Three codes were sent within the last hour. Use the latest, or wait before asking again.")
        self.retry_after = 3600


def account_to_register(text: str) -> str:
    """The canonical account; ``NotFound`` for an unknown one, ``Conflict`` for one that has a password."""
    account = customers.known_account(text)
    if account is None:
        raise NotFound("This account number is not known.")
    if CustomerLogin.objects.filter(account=account).exists():
        raise Conflict("This account is registered already; sign in with its password.")
    return account


def send_code(account: str) -> str:
    """Send a code to the phone on file; the last digits of that phone."""
    if not sms.is_set_up() and not settings.DEMO:
        raise Unavailable("Codes cannot be sent by SMS at the moment. Ask the office.")
    number = _phone(account)
    code = f"{secrets.randbelow(10**6):06d}"
    with transaction.atomic():
        # Whoever asks at the same moment waits here, so that three codes an hour are three.
        list(DirectoryAccount.objects.select_for_update().filter(account=account))
        now = timezone.now()
        lately = OneTimeCode.objects.filter(account=account, created_at__gt=now - timedelta(hours=1))
        if lately.count() >= CODES_PER_HOUR:
            raise TooManyCodes
        row = OneTimeCode.objects.create(
            account=account, digest=_digest(account, code), sent_to=number[-3:], expires_at=now + CODE_LIVES
        )
        text = f"{code} is your code for account {account}. It is valid for 10 minutes. Give it to nobody."
        outbox.enqueue(SMS_CODE, f"sms-code-{row.pk}", {"to": number, "text": text})
    return row.sent_to


def register(account: str, password: str, code: str) -> CustomerLogin:
    """Set the first password of an account; ``WrongCode`` unless the code is the one sent last."""
    row = OneTimeCode.objects.filter(account=account, used_at=None, expires_at__gt=timezone.now()).first()
    usable = OneTimeCode.objects.filter(pk=row.pk if row else 0, used_at=None, failures__lt=MAX_FAILURES)
    right = constant_time_compare(row.digest if row else "", _digest(account, code.strip()))
    if row is None or not right:
        # Counted before it is answered, so that many tries at once do not get more than five.
        usable.update(failures=F("failures") + 1)
        raise WrongCode("code: This code is wrong or too old. Ask for a new one by sending the request without code.")
    with transaction.atomic():
        if not usable.update(used_at=timezone.now()):
            raise WrongCode("code: This code was tried too often. Ask for a new one.")
        login = CustomerLogin(account=account)
        login.set_password(password)
        login.save()
    return login


def prove(request: HttpRequest, customer_id: str, password: str) -> CustomerLogin:
    """The customer who knows this password; ``WrongCustomerCredentials`` or ``LockedOut`` otherwise.

    The same words and the same time for an unknown account, one without password, and a wrong password.
    """
    account = parse_typed(customer_id)
    name = lockout_name(account)
    lockout.check(request, name)
    login = CustomerLogin.objects.filter(account=account).first()
    if login is None:
        make_password(password)
    elif login.check_password(password) and login.is_active:
        lockout.succeeded(request, name)
        return login
    lockout.failed(request, name)
    lockout.check(request, name)
    raise WrongCustomerCredentials


def change_password(login: CustomerLogin, password: str, keep: SignIn | None) -> None:
    """Set a new password; every other sign-in of the account ends."""
    with transaction.atomic():
        login.set_password(password)
        login.save(update_fields=["password", "tokens_valid_from"])
        others = SignIn.objects.filter(customer=login, ended_at=None)
        if keep is not None:
            SignIn.objects.filter(pk=keep.pk).update(started_at=timezone.now())
            others = others.exclude(pk=keep.pk)
        others.update(ended_at=timezone.now())
        happened.send(sender=CustomerLogin, event="accounts.password.changed", record=login)


def lockout_name(account: str) -> str:
    """Under which name wrong passwords of an account are counted; apart from employees' numbers."""
    return f"customer:{account[:40]}"


def _phone(account: str) -> str:
    site = Site.objects.filter(code=site_code(account)).first()
    for digits in customers.phones_of(account):
        phone = parse_stored(digits, site.country if site else None)
        if phone and phone.e164:
            return phone.e164
    raise Conflict("There is no usable phone number on file for this account. Ask the office to record one.")


def _digest(account: str, code: str) -> str:
    return salted_hmac("accounts.one_time_code", f"{account}:{code}", algorithm="sha256").hexdigest()
