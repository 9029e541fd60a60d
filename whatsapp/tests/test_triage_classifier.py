"""The local classifier: its examples, its training, its figures, and what staff teach it."""

import re
import shutil
from collections import Counter, defaultdict
from io import StringIO
from pathlib import Path

import pytest
from django.conf import settings as portal_settings
from django.core.management import CommandError, call_command

from whatsapp.models import TriageExample
from whatsapp.triage import CATEGORIES, classifier, examples, local, retraining
from whatsapp.triage.evaluation import Judged, judge, scores
from whatsapp.triage.examples import Example
from whatsapp.triage.reporting import BLIND, CHALLENGE
from whatsapp.triage.training import train

ROOT = Path(portal_settings.BASE_DIR)
REPORT = (ROOT / "docs" / "triage-evaluation.md").read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def own():
    return examples.read()


@pytest.fixture(scope="session")
def model():
    """Trained once for these examples, words and code; kept between runs."""
    return local.model()


def plain(text):
    return re.sub(r"\W+", " ", text.lower()).strip()


def test_there_are_enough_examples_of_every_category_in_every_language(own):
    assert len(own) >= 2000
    numbers = Counter((example.category, example.language) for example in own)
    assert set(numbers) == {(category, language) for category in CATEGORIES for language in ("st", "en", "mixed", "fr")}
    assert min(numbers.values()) >= 10


def test_no_message_stands_in_the_examples_twice(own):
    doubled = [text for text, number in Counter(plain(example.text) for example in own).items() if number > 1]
    assert doubled == []


def test_a_group_is_of_one_category_and_one_language(own):
    kinds = defaultdict(set)
    for example in own:
        kinds[example.group].add((example.category, example.language, example.safety))
    assert all(len(kind) == 1 for kind in kinds.values())


def test_no_example_holds_a_phone_number(own):
    assert [example.text for example in own if re.search(r"\d{6,}", example.text)] == []


@pytest.mark.parametrize("file", [BLIND, CHALLENGE], ids=["blind", "challenge"])
def test_no_message_that_judges_the_model_is_an_example(own, file):
    known = {plain(example.text) for example in own}
    messages = examples.read(file)
    assert len(messages) >= 100
    assert [example.text for example in messages if plain(example.text) in known] == []


def test_the_report_is_of_these_examples_words_and_this_code():
    """Refresh it with ``manage.py triage report`` after a change."""
    assert f"`{classifier.source_digest()}`" in REPORT


def test_the_reported_figures_are_those_that_were_aimed_at():
    crossed = REPORT.split("## The repository's examples")[1]
    rows = re.findall(r"^\| (Sesotho|English|mixed|French|\*\*all\*\*) \| ([\d,]+) \| (.+) \|$", crossed, re.MULTILINE)
    assert len(rows) == 5
    for language, _, figures in rows:
        macro_f1, no_power, safety, _ = map(float, figures.split(" | "))
        assert macro_f1 >= 0.92, language
        assert no_power >= 0.98, language
        assert safety >= 0.98, language


@pytest.mark.parametrize(("title", "file"), [("blind", BLIND), ("challenge", CHALLENGE)], ids=["blind", "challenge"])
def test_on_messages_never_trained_on_the_model_does_as_reported(model, title, file):
    figures = scores(judge(model, examples.read(file)))
    row = re.search(r"\| \*\*all\*\* \| ([\d,]+) \| (.+) \|", REPORT.split(f"## The {title} set")[1])
    macro_f1, no_power, safety, precision = map(float, row[2].split(" | "))
    assert figures.messages == int(row[1].replace(",", ""))
    assert figures.macro_f1 == pytest.approx(macro_f1, abs=0.01)
    assert figures.no_power_recall == pytest.approx(no_power, abs=0.01)
    assert figures.safety_recall == pytest.approx(safety, abs=0.01)
    assert figures.safety_precision == pytest.approx(precision, abs=0.02)


@pytest.mark.slow
def test_training_again_gives_the_same_bytes(own, tmp_path, model):
    few = own[::8]
    train(few).save(tmp_path / "first.json.gz")
    train(few).save(tmp_path / "second.json.gz")
    assert (tmp_path / "first.json.gz").read_bytes() == (tmp_path / "second.json.gz").read_bytes()


def test_serving_needs_neither_scikit_learn_nor_openai(model, make_workspace):
    workspace, own_file = make_workspace(), classifier.own_file()
    (workspace.folder / "triage").mkdir()
    shutil.copy(own_file, workspace.folder / "triage" / own_file.name)
    workspace.python(
        "import sys\n"
        "from whatsapp.triage import assess, Known\n"
        "assert assess('no power', Known()).source == 'classifier'\n"
        "assert not {'sklearn', 'scipy', 'openai'} & set(sys.modules), 'heavy imports'"
    )


def test_a_spoilt_model_file_is_no_model(tmp_path):
    spoilt = tmp_path / "model.json.gz"
    spoilt.write_bytes(b"\x1f\x8bnonsense")
    with pytest.raises((ValueError, OSError)):
        classifier.Model.load(spoilt)


def test_the_command_shows_what_the_classifier_makes_of_a_message():
    said = StringIO()
    call_command("triage", "judge", "Ho tsoa litlhase paleng", stdout=said)
    assert said.getvalue().startswith("equipment-failure (")
    assert "DANGER" in said.getvalue()


def test_the_model_is_made_once():
    local.build()
    said = StringIO()
    call_command("triage", "train", stdout=said)
    assert "already there" in said.getvalue()


# ---------------------------------------------------------------- what staff teach
FEW = [
    Example(f"{category}-{number}", "en", category, False, f"{words} {number}")
    for category, words in {
        "no-power": "no power here",
        "billing": "paid but no units",
        "vegetation": "tree on line",
    }.items()
    for number in ("a", "b", "c", "d", "e", "f")
]


@pytest.fixture
def small(monkeypatch, settings, tmp_path):
    """A repository of eighteen examples, in a folder of its own."""
    settings.VAR_DIR = tmp_path
    monkeypatch.setattr(examples, "read", lambda *_: list(FEW))


def taught(category, *messages):
    for text in messages:
        TriageExample.objects.create(text=text, language="en", category=category, created_by="1002")


@pytest.mark.django_db
def test_without_corrections_there_is_nothing_to_learn(small):
    said = StringIO()
    call_command("triage", "retrain", stdout=said)
    assert "nothing to learn" in said.getvalue()
    assert not classifier.taught_file().exists()


@pytest.mark.django_db
def test_what_staff_corrected_is_learnt_and_used(small):
    taught("complaint", *[f"zug zug wollte {word}" for word in ("one", "two", "three", "four", "five", "six")])
    assert local.judge("zug zug wollte seven").category != "complaint"
    said = StringIO()
    call_command("triage", "retrain", stdout=said)
    assert "6 corrections" in said.getvalue()
    assert re.search(r"macro f1 +\d", said.getvalue())
    assert local.judge("zug zug wollte seven").category == "complaint"


@pytest.mark.django_db
def test_corrections_that_spoil_what_was_known_are_refused(small):
    wrong = [
        f"no power here {word}"
        for word in ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l", "m", "n", "o", "p", "q", "r", "s", "t"]
    ]
    taught("vegetation", *wrong)
    with pytest.raises(CommandError, match="worse in"):
        call_command("triage", "retrain", stdout=StringIO())
    assert not classifier.taught_file().exists()
    assert local.judge("no power here").category == "no-power"


@pytest.mark.django_db
def test_the_same_text_counts_once_as_corrected_last(small):
    taught("billing", "where is it")
    taught("complaint", "Where  is it")
    assert [(one.text, one.category) for one in retraining.worth_teaching()] == [("Where  is it", "complaint")]


def test_figures_are_computed_from_what_was_judged():
    rows = [
        ("no-power", "no-power", False, False),
        ("no-power", "billing", True, True),
        ("billing", "billing", False, True),
    ]
    judged = [
        Judged(Example(str(n), "en", real, danger, ""), called, alarm)
        for n, (real, called, danger, alarm) in enumerate(rows)
    ]
    figures = scores(judged)
    assert figures.messages == 3
    assert figures.macro_f1 == pytest.approx(2 / 3)
    assert figures.no_power_recall == 0.5
    assert figures.safety_recall == 1.0
    assert figures.safety_precision == 0.5
