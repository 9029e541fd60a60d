"""Every template compiles, used by a test or not."""

from pathlib import Path

import pytest
from django.template.loader import get_template

TEMPLATES = Path(__file__).resolve().parents[2] / "templates"


@pytest.mark.parametrize("path", sorted(TEMPLATES.rglob("*.*")), ids=lambda path: str(path.relative_to(TEMPLATES)))
def test_the_template_compiles(path):
    assert get_template(str(path.relative_to(TEMPLATES))).template.nodelist is not None
