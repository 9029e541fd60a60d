"""``manage.py triage train | retrain | report | evaluate FILE | judge TEXT``"""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from ccportal.core.errors import PortalError
from whatsapp.triage import classifier, evaluation, examples, labelled, local, reporting
from whatsapp.triage.retraining import retrain

REPORT = Path(settings.BASE_DIR) / "docs" / "triage-evaluation.md"


class Command(BaseCommand):
    help = "Train the local classifier of customers' messages, add what staff taught it, and say how good it is."

    def add_arguments(self, parser: CommandParser) -> None:
        kinds = parser.add_subparsers(dest="action", required=True)
        kinds.add_parser("train", help="make the model of the repository's examples, unless it is there")
        kinds.add_parser("retrain", help="add staff's corrections; the model is replaced only when it is no worse")
        kinds.add_parser("report", help="cross-validate, and write docs/triage-evaluation.md anew")
        evaluate = kinds.add_parser("evaluate", help="say how good the classifier in use is on labelled messages")
        evaluate.add_argument(
            "file", type=Path, help="CSV, JSON or JSON lines with text and category, and if known language and safety"
        )
        evaluate.add_argument("--mistakes", action="store_true", help="show every message that was judged wrongly")
        judge = kinds.add_parser("judge", help="show what the classifier makes of a message")
        judge.add_argument("text")

    def handle(self, *args: Any, **options: Any) -> None:
        getattr(self, f"_{options['action']}")(**options)

    def _train(self, **_: Any) -> None:
        trained = local.build()
        self.stdout.write(f"{classifier.own_file().name}: {'trained' if trained else 'already there'}")

    def _retrain(self, **_: Any) -> None:
        outcome = retrain(self._step)
        if outcome.taught == 0:
            self.stdout.write("Staff corrected nothing yet; nothing to learn.")
            return
        self.stdout.write(outcome.table())
        if not outcome.replaced:
            raise CommandError(f"The model stays as it was: {outcome.reason}")
        self.stdout.write(f"The model now knows {outcome.taught} corrections too.")

    def _report(self, **_: Any) -> None:
        REPORT.write_text(reporting.report(examples.read(), self._step), encoding="utf-8")
        self.stdout.write(f"{REPORT.name} is written.")

    def _evaluate(self, file: Path, mistakes: bool, **_: Any) -> None:
        try:
            messages, safety = labelled.read(file)
        except PortalError as fault:
            raise CommandError(fault.message) from fault
        judged = evaluation.judge(local.model(), messages)
        self.stdout.write(reporting.tables(judged, safety=safety))
        for line in reporting.mistakes(judged, safety=safety) if mistakes else ():
            self.stdout.write(line)

    def _judge(self, text: str, **_: Any) -> None:
        seen = local.judge(text)
        danger = ", DANGER" if seen.safety else ""
        self.stdout.write(f"{seen.category} ({seen.confidence:.0%}, by {seen.source}){danger}")

    def _step(self, text: str) -> None:
        self.stdout.write(f"  {text}")
