"""Checking the chain: whether the log says what it said when it was written."""

import logging
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils import timezone

from audit.calculations import GENESIS, content_digest, link_digest
from audit.models import AuditLink, ChainCheck, LinkKind, Mutation, MutationState
from audit.services.chain import LATE_AFTER
from ccportal.core.errors import InvalidInput

logger = logging.getLogger(__name__)
BATCH = 1000
CHECKS_KEPT = 400


@dataclass(frozen=True)
class Anchor:
    """The end of the chain at some moment: the number of the last link and its digest."""

    number: int
    digest: str

    @classmethod
    def parse(cls, text: str) -> "Anchor":
        """``1234:9f86d0…`` as ``audit_verify`` prints it; ``InvalidInput`` for anything else."""
        number, _, digest = text.strip().partition(":")
        if not (number.isascii() and number.isdecimal() and len(digest) == 64):
            raise InvalidInput("An anchor is a number, a colon and 64 digits, as audit_verify prints it.")
        return cls(int(number), digest.lower())

    def __str__(self) -> str:
        return f"{self.number}:{self.digest}"


@dataclass
class Findings:
    """What a check found; ``faults`` in the order of the log, each a sentence that names the entry."""

    head: Anchor = Anchor(0, GENESIS)
    entries: int = 0
    unsealed: int = 0
    late: list[int] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)


def verify(anchors: list[Anchor] | None = None) -> Findings:
    """Walk the chain, then the log. Reads both once, in batches; changes nothing."""
    found = Findings()
    _walk_chain(found, {anchor.number: anchor for anchor in anchors or []})
    _walk_log(found)
    return found


def check_and_note() -> ChainCheck:
    """Check against every anchor noted on this machine, keep the outcome for pages and health, note a new anchor."""
    found = verify(noted_anchors())
    check = ChainCheck.objects.create(
        links=found.head.number,
        entries=found.entries,
        head=found.head.digest,
        faults=len(found.faults),
        first_fault=found.faults[0][:300] if found.faults else "",
        late=len(found.late),
    )
    if found.faults:
        logger.error("the log of changes is not as it was written: %s", found.faults[0])
    else:
        note(found.head)
    old = ChainCheck.objects.values_list("pk", flat=True)[CHECKS_KEPT:]
    ChainCheck.objects.filter(pk__in=list(old)).delete()
    return check


def note(anchor: Anchor) -> None:
    """Write an anchor down outside of the database: into a file of this installation and into the application log."""
    logger.info("audit anchor %s", anchor)
    path = anchor_file()
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="ascii") as file:
        file.write(f"{anchor} {timezone.now():%Y-%m-%dT%H:%M:%SZ}\n")


def noted_anchors() -> list[Anchor]:
    """The anchors of the file, oldest first; a line that is none is passed over."""
    path = anchor_file()
    lines = path.read_text(encoding="ascii", errors="replace").splitlines() if path.is_file() else []
    anchors = []
    for line in lines:
        try:
            anchors.append(Anchor.parse(line.partition(" ")[0]))
        except InvalidInput:
            logger.warning("a line of %s is no anchor", path.name)
    return anchors


def forget_anchors() -> None:
    """Set the noted anchors aside: the log was restored from a backup and is rightly shorter."""
    path = anchor_file()
    if path.is_file():
        path.rename(path.with_suffix(f".{timezone.now():%Y%m%dT%H%M%S}.old"))


def anchor_file() -> Path:
    return Path(settings.MEDIA_ROOT) / "audit" / "anchors.txt"


def _walk_chain(found: Findings, anchors: dict[int, Anchor]) -> None:
    digest, expected = GENESIS, 0
    for link in AuditLink.objects.order_by("number").iterator(chunk_size=BATCH):
        if link.number != expected:
            found.faults.append(
                f"Links {expected} to {link.number - 1} of the chain are missing: entries before entry "
                f"{link.mutation_id} were removed."
            )
        elif link.number and link.digest != link_digest(
            digest, link.number, link.mutation_id or 0, link.kind, link.content
        ):
            found.faults.append(
                f"Link {link.number}, of entry {link.mutation_id}, does not follow from the one before it: the chain "
                "was changed or reordered there."
            )
        anchor = anchors.pop(link.number, None)
        if anchor and anchor.digest != link.digest:
            found.faults.append(
                f"Link {link.number}, of entry {link.mutation_id}, is not what was noted: the chain was written anew."
            )
        digest, expected = link.digest, link.number + 1
    found.head = Anchor(max(expected - 1, 0), digest)
    if anchors:
        furthest = max(anchors)
        found.faults.append(
            f"The chain ends at link {found.head.number}, but {furthest} links were noted: its end was cut off."
        )


def _walk_log(found: Findings) -> None:
    """Every entry against its links, and every link's entry."""
    faults: list[tuple[int, str]] = []
    for batch in _batched(Mutation.objects.order_by("pk").iterator(chunk_size=BATCH)):
        links: dict[int, list[AuditLink]] = defaultdict(list)
        for link in AuditLink.objects.filter(mutation_id__in=[entry.pk for entry in batch]).order_by("number"):
            links[link.mutation_id or 0].append(link)
        for entry in batch:
            found.entries += 1
            fault = _fault_of(entry, links[entry.pk], found)
            if fault:
                faults.append((entry.pk, f"Entry {entry.pk} {fault}"))
    gone = AuditLink.objects.filter(number__gt=0, mutation__at__isnull=True).values_list("mutation_id", flat=True)
    faults += [(pk, f"Entry {pk} was removed.") for pk in sorted(set(gone)) if pk]
    found.faults += [sentence for _, sentence in sorted(faults)]


def _fault_of(entry: Mutation, links: list[AuditLink], found: Findings) -> str:
    """What is wrong with an entry; empty when it is as it was written."""
    if not links:
        if entry.at > timezone.now() - LATE_AFTER:
            found.unsealed += 1
            return ""
        return "was inserted: no link of the chain vouches for it."
    made = [link for link in links if link.kind == LinkKind.MADE]
    settled = [link for link in links if link.kind != LinkKind.MADE]
    if any(link.kind == LinkKind.LATE for link in links):
        found.late.append(entry.pk)
    if any(link.content != content_digest(entry, settled=False) for link in made):
        return "was changed: it is not what was written."
    if settled and settled[-1].content != content_digest(entry, settled=True):
        return "was changed: it is not what was settled."
    if not settled and entry.state != MutationState.PENDING:
        return "was changed: it says that it is settled, and the chain does not."
    return ""


def _batched(entries: Iterator[Any]) -> Iterator[list[Any]]:
    while batch := list(islice(entries, BATCH)):
        yield batch
