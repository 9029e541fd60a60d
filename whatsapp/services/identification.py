"""Which customer a contact is: by the phone on file, by what they answer, never by guessing."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from ccportal.core.phones import parse_stored
from ccportal.core.text import fold
from customers.models import DirectoryAccount, DirectoryCustomer, DirectoryPhone, Status
from whatsapp.models import Contact
from whatsapp.triage import Known, account_in

#: A phone on file for more than this is nobody's in particular: a shop, an office.
MOST_CHOICES = 6


@dataclass(frozen=True)
class Person:
    """A customer of the directory as customer care needs them; numbers are text."""

    number: str
    name: str
    account: str
    site_code: str
    village: str = ""

    def as_json(self) -> dict[str, str]:
        return asdict(self)


def _person(row: DirectoryCustomer, account: str = "") -> Person:
    accounts = row.account_list
    return Person(str(row.number), row.name, account or (accounts[0] if accounts else ""), row.site, row.village)


def person_of(contact: Contact) -> Person | None:
    """The customer this contact is known to be."""
    if not contact.customer_number.isdecimal():
        return None
    row = DirectoryCustomer.objects.filter(number=int(contact.customer_number)).first()
    return _person(row, contact.account_number) if row else None


def people_with_phone(phone: str) -> list[Person]:
    """Customers who have this number on file (semantics 4.2, D-18); those who left only when nobody else has it."""
    wanted = parse_stored(f"+{phone}") if phone else None
    if wanted is None or len(wanted.digits) < 8:
        return []
    rows = DirectoryPhone.objects.filter(suffix=wanted.suffix).values_list("customer_number", "digits")
    numbers = {number for number, digits in rows if digits.endswith(wanted.digits) or wanted.digits.endswith(digits)}
    found = list(DirectoryCustomer.objects.filter(number__in=numbers).order_by("number"))
    present = [row for row in found if row.status != Status.TERMINATED]
    return [_person(row) for row in present or found]


def person_with_account(account: str) -> Person | None:
    """The customer whom an account belongs to."""
    owned = DirectoryAccount.objects.filter(account=account, owner=True, customer_number__isnull=False).first()
    if owned is None or owned.customer_number is None:
        return None
    row = DirectoryCustomer.objects.filter(number=owned.customer_number).first()
    return _person(row, account) if row else None


def person_in(text: str, known: Known) -> Person | None:
    """The one customer whom a text names by account number or by a phone on file."""
    account = account_in(text, known.sites)
    if account:
        return person_with_account(account)
    phone = parse_stored(text) if sum(map(str.isdecimal, text)) >= 8 else None
    people = people_with_phone(phone.e164.lstrip("+")) if phone and phone.e164 else []
    return people[0] if len(people) == 1 else None


def remember(contact: Contact, person: Person) -> None:
    """Know this contact as that customer from now on."""
    contact.customer_number, contact.account_number = person.number, person.account
    contact.site_code = person.site_code
    Contact.objects.filter(pk=contact.pk).update(
        customer_number=person.number, account_number=person.account[:20], site_code=person.site_code[:10]
    )


def remember_site(contact: Contact, site_code: str) -> None:
    contact.site_code = site_code
    Contact.objects.filter(pk=contact.pk).update(site_code=site_code)


def choices_text(people: Sequence[Person]) -> str:
    """A numbered list to answer from."""
    lines = []
    for number, person in enumerate(people, 1):
        facts = ", ".join(filter(None, [person.name, person.account, person.village or person.site_code]))
        lines.append(f"{number}. {facts}")
    return "\n".join(lines)


def chosen(text: str, choices: Sequence[dict[str, Any]]) -> Person | None:
    """Which of the offered customers an answer means: by its number, an account, or words of the name.

    >>> people = [{"number": "7", "name": "Lineo Letsie", "account": "0045MAK", "site_code": "MAK", "village": ""}]
    >>> chosen("Lineo", people).account
    '0045MAK'
    """
    people = [Person(**choice) for choice in choices]
    words = fold(text).split()
    numbers = [int(word.strip(".")) for word in words if word.strip(".").isdecimal() and len(word) < 3]
    if len(numbers) == 1 and len(words) <= 4 and 1 <= numbers[0] <= len(people):
        return people[numbers[0] - 1]
    squeezed = "".join(words).upper()
    by_account = [person for person in people if person.account and person.account in squeezed]
    if len(by_account) == 1:
        return by_account[0]
    by_name = [person for person in people if _shared(words, person)]
    return by_name[0] if len(by_name) == 1 else None


def _shared(words: Sequence[str], person: Person) -> bool:
    """Whether every longer word of a short answer is a part of the name."""
    wanted = [word for word in words if len(word) > 2]
    name = fold(person.name).split()
    return 0 < len(wanted) <= 4 and all(word in name for word in wanted)
