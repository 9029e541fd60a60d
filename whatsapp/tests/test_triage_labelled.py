"""Labelled messages that somebody brings: ``manage.py triage evaluate FILE``."""

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from whatsapp.triage import CATEGORIES
from whatsapp.triage.labelled import category_named, read

CSV = """Message;Label;Lang;Is_Danger
Ha ho na motlakase haeso;No Power;Sesotho;no
Sparks from the pole;EQUIPMENT_FAILURE;English;yes
"Je n'ai pas reçu mon code; aidez-moi";Billing;Français;
"""


def written(tmp_path, name, text):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


def told(path, *options):
    said = StringIO()
    call_command("triage", "evaluate", str(path), *options, stdout=said)
    return said.getvalue()


def test_columns_and_values_are_understood_in_other_spellings(tmp_path):
    messages, safety = read(written(tmp_path, "set.csv", CSV))
    assert safety
    assert [(one.language, one.category, one.safety) for one in messages] == [
        ("st", "no-power", False),
        ("en", "equipment-failure", True),
        ("fr", "billing", False),
    ]
    assert messages[2].text == "Je n'ai pas reçu mon code; aidez-moi"


def test_json_lines_and_a_json_list_say_the_same(tmp_path):
    rows = [{"text": "No power", "category": "no-power", "safety": False, "language": "en"}]
    lines = read(written(tmp_path, "set.jsonl", "\n".join(json.dumps(row) for row in rows)))
    assert lines == read(written(tmp_path, "set.json", json.dumps(rows)))


@pytest.mark.parametrize("name", CATEGORIES)
def test_a_category_is_understood_with_blanks_underscores_and_capitals(name):
    assert category_named(name) == name
    assert category_named(name.replace("-", "_").upper()) == name
    assert category_named(name.replace("-", " ").title()) == name
    assert category_named(name.replace("-", "")) == name


def test_a_word_of_a_category_is_enough():
    assert [category_named(word) for word in ("meter", "equipment", "General enquiry", "power")] == [
        "meter-issue", "equipment-failure", "general-inquiry", "no-power",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("text,category\nhello,weather\n", "message 1: “weather” is none of the categories"),
        ("words,kind\nhello,billing\n", "needs a column text and a column category; it has: words, kind"),
        ("text,category,safety\nhello,billing,perhaps\n", "neither that there is danger"),
        ('{"text": "hello"', "neither a JSON list nor one JSON object a line"),
        ("", "holds no messages"),
    ],
)
def test_a_file_that_cannot_be_understood_is_named_with_its_fault(tmp_path, text, fault):
    with pytest.raises(CommandError, match=fault):
        told(written(tmp_path, "set.csv", text))


def test_a_missing_file_is_said_to_be_missing(tmp_path):
    with pytest.raises(CommandError, match="cannot be read"):
        told(tmp_path / "nowhere.csv")


def test_the_figures_are_told_by_language_with_mistakes_on_request(tmp_path):
    wrong = "Sparks from the pole,billing,no\n"
    path = written(tmp_path, "set.csv", f"text,category,safety\nHa ho na motlakase,no-power,no\n{wrong}")
    said = told(path, "--mistakes")
    assert "| Sesotho | 1 | 1.000 | 1.000 | - | - |" in said
    assert "| English | 1 | 0.000 | - | - | - |" in said
    assert "| billing | equipment-failure | 1 |" in said
    assert "[en] billing taken for equipment-failure; false alarm: Sparks from the pole" in said
    assert "false alarm" not in told(path)


def test_without_a_column_of_safety_no_figures_of_safety_are_told(tmp_path):
    said = told(written(tmp_path, "set.csv", "text,category\nNo power,no-power\n"))
    assert "| **all** | 1 | 1.000 | 1.000 |" in said
    assert "safety" not in said
