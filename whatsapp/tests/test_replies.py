"""The fixed replies: there in every language, filled, and promising nothing."""

import re

import pytest

from whatsapp.replies import LANGUAGES, Situation, reply, texts
from whatsapp.triage.checks import promises

FACTS = {
    "number": "CC-MAK-2026-0065",
    "site": "Ha Makebe",
    "priority": "P1",
    "description": "No power",
    "choices": "1. 0001MAK\n2. 0002MAK",
}


def test_every_situation_has_a_text_in_every_language_and_no_text_is_left_over():
    assert set(texts()) == set(Situation)
    for situation in Situation:
        assert set(texts()[situation]) == set(LANGUAGES), situation


@pytest.mark.parametrize("situation", Situation)
def test_the_same_facts_are_named_in_every_language(situation):
    named = {language: set(re.findall(r"{(\w+)}", text)) for language, text in texts()[situation].items()}
    assert named["st"] == named["en"] == named["fr"] <= set(FACTS)


@pytest.mark.parametrize("situation", Situation)
def test_a_text_promises_no_time_no_visit_and_no_money(situation):
    for text in texts()[situation].values():
        assert not promises(text)


def test_only_texts_with_a_record_speak_of_a_number():
    speaking = {situation for situation in Situation if "{number}" in texts()[situation]["en"]}
    assert Situation.TICKET_CREATED in speaking
    for situation in (Situation.ASK_WHAT_IS_WRONG, Situation.GREETING, Situation.OUT_OF_ORDER, Situation.NO_TEXT):
        assert not re.search(r"tick|tikete", reply(situation).lower())


def test_sesotho_comes_first_and_english_after_a_blank_line():
    assert reply(Situation.COMMENT_ADDED, number="CC-MAK-2026-0065") == (
        "Molaetsa oa hau o kentsoe tiketeng ea CC-MAK-2026-0065.\n\n"
        "Your message has been added to ticket CC-MAK-2026-0065."
    )


def test_a_francophone_site_reads_french():
    assert reply(Situation.CLOSED_THANKS, ("fr",), number="CC-BEN-2026-0001").startswith("Merci de votre réponse")


def test_languages_nobody_has_texts_for_fall_back_to_english():
    assert reply(Situation.THANKS, ("zu",)) == "Thank you. Write to us whenever you need help."


def test_a_sentence_with_a_hole_is_never_made():
    with pytest.raises(KeyError):
        reply(Situation.TICKET_CREATED)


def test_when_ugridplan_is_down_the_customer_is_told_exactly_that():
    words = reply(Situation.TICKET_RECORDED_LOCALLY, ("en",), number="CC-MAK-2026-0065")
    assert words == (
        "We have recorded your report here under our number CC-MAK-2026-0065. The system of the repair team cannot be "
        "reached at the moment; your report will be passed on to it when it is back."
    )


def test_what_a_customer_wrote_cannot_change_a_text():
    words = reply(Situation.TECHNICIAN_OFFER, ("en",), **FACTS | {"description": "{number} {0} %s"})
    assert "{number} {0} %s" in words


def test_yes_and_no_are_what_the_question_asks_for():
    from whatsapp.triage import is_yes_no

    assert is_yes_no("E") is True
    assert is_yes_no("Che") is False
    assert "Araba E kapa Che." in reply(Situation.RESOLVED_ASK_POWER_BACK, number="X")


def test_the_words_a_technician_is_told_to_use_are_understood():
    from whatsapp.triage import parse_command

    for language, words in {
        "st": ("AMOHELA", "HANA", "FIHLILE", "QETILE"),
        "en": ("ACCEPT", "DECLINE", "ARRIVED", "DONE"),
        "fr": ("OUI", "NON", "ARRIVE", "FINI"),
    }.items():
        told = texts()[Situation.TECHNICIAN_HOW_TO_ANSWER][language]
        for word, meaning in zip(words, ("accept", "decline", "arrived", "done"), strict=True):
            assert word in told
            assert parse_command(word).command == meaning, word
