"""The local classifier at work: a file of weights, read once, and sums over it. Needs no scikit-learn."""

import gzip
import hashlib
import json
import math
import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from django.conf import settings

from whatsapp.triage import concepts, examples, safety
from whatsapp.triage.features import counts, vector

_PACKAGE = Path(__file__).parent
#: Whoever changes one of these changes the model.
_SOURCES = (
    "features.py",
    "concepts.py",
    "words.py",
    "patterns.py",
    "spelling.py",
    "safety.py",
    "training.py",
    "local.py",
    "rules.py",
)


@dataclass(frozen=True)
class Verdict:
    """Probabilities of the categories, and of danger."""

    category: str
    confidence: float
    probabilities: dict[str, float]
    danger: float


class Model:
    """Weights of features for each category and for danger, ``categories`` in order, danger last."""

    def __init__(
        self, categories: Sequence[str], intercepts: Sequence[float], idf: dict[str, float], weights: list[list[float]]
    ) -> None:
        self.categories = tuple(categories)
        self.intercepts = tuple(intercepts)
        self.idf = idf
        self._weights = dict(zip(idf, weights, strict=True))

    def judge(self, text: str) -> Verdict:
        """What the message is about."""
        scores = list(self.intercepts)
        for name, value in vector(counts(text), self.idf).items():
            for place, weight in enumerate(self._weights[name]):
                scores[place] += value * weight
        *categories, danger = scores
        highest = max(categories)
        powers = [math.exp(score - highest) for score in categories]
        probabilities = {name: power / sum(powers) for name, power in zip(self.categories, powers, strict=True)}
        best = max(probabilities, key=lambda name: probabilities[name])
        return Verdict(best, probabilities[best], probabilities, 1 / (1 + math.exp(-max(min(danger, 30), -30))))

    def save(self, path: Path) -> None:
        """Write the model; the same model is the same bytes. Readers see the old file or the new, never half of one."""
        body = {
            "categories": self.categories,
            "intercepts": self.intercepts,
            "idf": self.idf,
            "weights": list(self._weights.values()),
        }
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_suffix(f".{os.getpid()}.part")
        packed = gzip.compress(json.dumps(body, separators=(",", ":")).encode(), mtime=0)
        partial.write_bytes(packed)
        partial.replace(path)

    @classmethod
    def load(cls, path: Path) -> "Model":
        """Read a model; ``OSError`` or ``ValueError`` when the file is missing or spoilt."""
        try:
            body = json.loads(gzip.decompress(path.read_bytes()))
            return cls(body["categories"], body["intercepts"], body["idf"], body["weights"])
        except (EOFError, KeyError, TypeError) as error:
            raise ValueError(f"{path.name} is no model") from error


def folder() -> Path:
    return Path(settings.VAR_DIR) / ("triage-tests" if settings.TESTING else "triage")


@lru_cache(maxsize=1)
def source_digest() -> str:
    """A name for the repository's examples, words and code: a model of another digest is not used."""
    hashed = hashlib.sha256()
    data = (examples.FILE, concepts.DATA, safety.DATA, _PACKAGE / "data" / "courtesies.toml")
    for path in (*data, *(_PACKAGE / name for name in _SOURCES)):
        hashed.update(path.read_bytes())
    return hashed.hexdigest()[:16]


def own_file() -> Path:
    """The model of the repository's examples."""
    return folder() / f"model-{source_digest()}.json.gz"


def taught_file() -> Path:
    """The model that staff's corrections were added to; used when it is there."""
    return folder() / f"taught-{source_digest()}.json.gz"


@lru_cache(maxsize=2)
def _loaded(path: Path, changed: int) -> Model:
    return Model.load(path)


def current() -> Model:
    """The model in use; ``OSError`` or ``ValueError`` when there is none yet. A new file is noticed."""
    for path in (taught_file(), own_file()):
        if path.exists():
            return _loaded(path, path.stat().st_mtime_ns)
    raise FileNotFoundError("no trained classifier")
