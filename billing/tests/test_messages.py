"""Confirmation messages: what each says, and that nothing else is ever read out of one."""

import json
import re
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from billing.messages.notices import Unreadable, understand_notice, understand_sms
from billing.messages.parsing import Means, number_of, plain, rules, understand
from billing.providers import providers

EXAMPLES = json.loads((Path(__file__).parent / "data" / "messages.json").read_text(encoding="utf-8"))
MONEY = [message for message in EXAMPLES if "amount" in message]


@pytest.mark.parametrize("message", EXAMPLES, ids=lambda message: f"{message['means']}: {message['text'][:40]}")
def test_a_message_is_understood_as_written_down(message):
    read = understand(message["text"])
    assert read.means == message["means"]
    if "amount" not in message:
        assert read.means == Means.OTHER or read.amount is None
        return
    found = {name: getattr(read, name) for name in ("provider", "trusted", "reference", "account", "phone", "name")}
    assert found == {name: message[name] for name in found}
    assert str(read.amount) == message["amount"]
    at = read.at.strftime("%Y-%m-%d %H:%M:%S").removesuffix(":00") if read.at else ""
    assert at == message["at"]


def test_the_corpus_is_large_and_every_rule_has_an_example():
    assert len(EXAMPLES) >= 60
    assert {understand(message["text"]).rule for message in EXAMPLES} - {""} == {rule.name for rule in rules()}


def test_the_same_message_from_somebody_else_is_not_believed():
    text = next(message["text"] for message in MONEY if message["trusted"])
    assert understand(text, "M-PESA").trusted
    assert understand(text, "m-pesa").trusted
    for stranger in ("+26658000099", "M PESA", "M.PESA", "\u041cM-PESA", "M-PESA!"):
        forged = understand(text, stranger)
        assert (forged.trusted, forged.problem) == (False, "The message was not sent by the provider.")


def test_a_very_long_message_is_not_looked_into():
    assert understand("M50.00 " * 1000).problem == "The message is longer than any confirmation."


# ---------------------------------------------------------------- whatever comes


def sums_of_money(text):
    """Every number of the message with a currency in front."""
    found = re.findall(r"(?:M|LSL|Maloti)\s?(\d[\d,]*(?:\.\d+)?)", plain(text), re.IGNORECASE)
    return {number_of(value) for value in found}


@given(st.text(max_size=300))
def test_no_text_crashes_and_none_has_an_amount_that_it_does_not_name(text):
    read = understand(text)
    assert read.amount is None or read.amount in sums_of_money(text)


@st.composite
def damaged(draw):
    """A message of the corpus with pieces cut out, doubled, or put in."""
    text = draw(st.sampled_from(EXAMPLES))["text"]
    for _ in range(draw(st.integers(1, 3))):
        begin = draw(st.integers(0, len(text)))
        end = draw(st.integers(begin, min(len(text), begin + 12)))
        put = draw(
            st.sampled_from(["", " ", "M", ".", ",", "0", "99", "M7.77", text[begin:end] * 2]) | st.text(max_size=4)
        )
        text = text[:begin] + put + text[end:]
    return text


@settings(max_examples=600)
@given(damaged())
@example(EXAMPLES[0]["text"].replace("M50.00", "M50.001"))
def test_a_damaged_message_yields_no_invented_amount(text):
    read = understand(text)
    if read.amount is not None:
        assert read.amount in sums_of_money(text)
        assert 0 <= read.amount < 10**10


@given(st.integers(1, 9_999_999), st.sampled_from(["{:,.2f}", "{:.2f}"]))
def test_every_amount_is_read_exactly_and_never_the_balance(cents, form):
    amount = Decimal(cents) / 100
    text = (
        f"QK7ABC12DE Confirmed. On 21/11/26 at 2:05 PM M{form.format(amount)} received from 26658000001 MPHO LETSELA. "
        "Account Number 0045MAK. New Utility balance is M7,777,777.77."
    )
    assert understand(text).amount == amount


# ---------------------------------------------------------------- notifications


DEMO = {
    "reference": "DM0001",
    "status": "succeeded",
    "amount": "50.00",
    "currency": "LSL",
    "account": "0045mak",
    "phone": "+26650000000",
    "name": "Mpho Letsela",
    "received_at": "2026-11-21T14:05:00+02:00",
}


def test_a_notification_is_read_by_the_names_of_its_provider():
    read = understand_notice(providers()["demo"], json.dumps(DEMO).encode())
    assert (read.means, read.reference, read.amount, read.account, read.trusted) == (
        "payment",
        "DM0001",
        Decimal("50.00"),
        "0045MAK",
        True,
    )
    body = (
        b'{"TransactionType":"Pay Bill","TransID":"QK7ABC12DE","TransTime":"20261121140509","TransAmount":"50.00",'
        b'"BillRefNumber":"0045MAK","MSISDN":"26658000001","FirstName":"MPHO"}'
    )
    read = understand_notice(providers()["mpesa"], body)
    assert (read.reference, read.amount, f"{read.at:%Y-%m-%d %H:%M:%S}") == (
        "QK7ABC12DE",
        Decimal("50.00"),
        "2026-11-21 14:05:09",
    )


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"amount": "-50"}, "no amount above 0"),
        ({"amount": "50.005"}, "no amount above 0"),
        ({"amount": "NaN"}, "no amount above 0"),
        ({"amount": "1e9"}, "no amount above 0"),
        ({"amount": "fifty"}, "holds no amount"),
        ({"amount": None}, "holds no amount"),
        ({"amount": [50]}, "holds no amount"),
        ({"amount": True}, "holds no amount"),
        ({"reference": ""}, "holds no reference"),
        ({"reference": {"x": 1}}, "holds no reference"),
        ({"status": "perhaps"}, "not one that was agreed"),
        ({"received_at": "yesterday"}, "cannot be read"),
    ],
)
def test_a_notification_that_does_not_fit_says_why(changed, sentence):
    with pytest.raises(Unreadable, match=sentence):
        understand_notice(providers()["demo"], json.dumps({**DEMO, **changed}).encode())


@pytest.mark.parametrize("body", [b"", b"\xff\xfe", b"[]", b"null", b'"x"', b"{", b'{"amount": NaN}', b"[" * 100_000])
def test_a_body_that_is_no_json_object_is_unreadable(body):
    with pytest.raises(Unreadable):
        understand_notice(providers()["demo"], body)
    with pytest.raises(Unreadable):
        understand_sms(body)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from([*DEMO, "from", "text"]), JSON, max_size=8))
def test_no_notification_crashes(data):
    body = json.dumps({**DEMO, **data}).encode()
    for read in (lambda: understand_notice(providers()["demo"], body), lambda: understand_sms(body)):
        try:
            found = read()
        except Unreadable:
            continue
        assert found.amount is None or found.amount > 0
