"""Whoever silences a check says why, in the same line."""

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
FOLDERS = PROJECT["tool"]["pytest"]["ini_options"]["testpaths"]
SILENCE = re.compile(r"#\s*(noqa|type:\s*ignore|nosec|pragma:\s*no cover)")
#: ``noqa: S608 - names of the catalogue``, ``type: ignore[misc]  # the package has no types``
EXPLAINED = re.compile(r"# (noqa: [A-Z]+\d+(, [A-Z]+\d+)* - \S|type: ignore\[[a-z, -]+\]  # \S)")


def silences(path: Path) -> list[str]:
    lines = enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
    return [f"{path.relative_to(ROOT)}:{number}" for number, line in lines if unexplained(line)]


def unexplained(line: str) -> bool:
    return len(SILENCE.findall(line)) > len(EXPLAINED.findall(line))


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_silenced_check_has_its_reason(folder):
    assert [place for path in (ROOT / folder).rglob("*.py") if path != Path(__file__) for place in silences(path)] == []


@pytest.mark.parametrize(
    ("line", "refused"),
    [
        ("x = 1  # noqa: S608 - names of the catalogue", False),
        ("x = 1  # type: ignore[misc]  # the package has no types", False),
        ("x = 1  # noqa: S608", True),
        ("x = 1  # noqa", True),
        ("x = 1  # type: ignore[misc]", True),
        ("x = 1  # type: ignore", True),
        ("x = 1  # pragma: no cover", True),
    ],
)
def test_a_silence_without_a_reason_is_found(line, refused):
    assert unexplained(line) is refused
