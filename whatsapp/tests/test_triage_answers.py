"""Short answers of customers and technicians."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whatsapp.triage import is_yes_no, parse_command


@pytest.mark.parametrize(
    "text",
    [
        "e", "E", "Ee ntate", "ehlile", "eya", "yes", "Yes thank you", "yep", "oui", "Oui merci", "👍", "✅", "ok",
        "motlakase o khutlile, rea leboha", "se o khutlile", "o teng", "e lokile", "Kea leboha", "power is back",
        "No, it is back now thanks", "le courant est revenu merci", "yes but the lights are dim", "fixed",
    ],
)  # fmt: skip
def test_power_is_back(text):
    assert is_yes_no(text) is True


@pytest.mark.parametrize(
    "text",
    [
        "tjhe", "Che", "no", "Nope", "non", "👎", "not yet", "still dark", "we still don't have power", "Ha ho eso",
        "ha o so khutle", "Che, ha ho motlakase", "Ntse re le lefifing", "pas encore", "toujours pas de courant",
        "it's not back", "no power", "Ha e so lokisoe", "still nothing", "The power has not come back",
        "The electricity stopped working",
    ],
)  # fmt: skip
def test_power_is_not_back(text):
    assert is_yes_no(text) is False


@pytest.mark.parametrize(
    "text",
    [
        "how much is a unit",
        "my meter is blank",
        "is power back?",
        "",
        "?",
        "0045MAK",
    ],
)
def test_something_else_is_no_answer(text):
    assert is_yes_no(text) is None


@pytest.mark.parametrize(
    ("text", "command", "note"),
    [
        ("ok", "accept", ""),
        ("Accept CC-MAK-2026-0001", "accept", "CC-MAK-2026-0001"),
        ("kea amohela", "accept", ""),
        ("Ke tla ea", "accept", ""),
        ("on my way", "accept", ""),
        ("👍", "accept", ""),
        ("Che", "decline", ""),
        ("kea hana", "decline", ""),
        ("busy at Ketane", "decline", "at Ketane"),
        ("I can't", "decline", ""),
        ("arrived", "arrived", ""),
        ("Lumela, ke fihlile", "arrived", ""),
        ("on site", "arrived", ""),
        ("Done: replaced the fuse", "done", "replaced the fuse"),
        ("done - new 63A breaker fitted", "done", "new 63A breaker fitted"),
        ("Ke qetile, ke fetotse fuse", "done", "ke fetotse fuse"),
        ("QETILE", "done", ""),
    ],
)
def test_a_technicians_word_is_understood(text, command, note):
    answer = parse_command(text)
    assert (answer.command, answer.note) == (command, note)


@pytest.mark.parametrize("text", ["hello", "what is the address?", "Don't know", "not done", "Nothing", "", "donetsk"])
def test_other_words_are_no_command(text):
    assert parse_command(text) is None


@given(st.text(max_size=200))
def test_any_text_at_all_is_read_without_a_fault(text):
    assert is_yes_no(text) in (True, False, None)
    answer = parse_command(text)
    assert answer is None or answer.note in text
