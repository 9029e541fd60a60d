"""Rules that every template keeps, found by reading all of them."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.template.loader import get_template

TEMPLATES = sorted((settings.BASE_DIR / "templates").rglob("*.html"))
PAPER = re.compile(r"/pdf/|_pdf\.html$")
FORBIDDEN = {
    "an inline style": re.compile(r"<[^>]*\sstyle\s*=|<style\b", re.IGNORECASE),
    "an inline event handler": re.compile(r"<[^>]*\son[a-z]+\s*=", re.IGNORECASE),
    "an inline script": re.compile(r"<script\b(?![^>]*\bsrc=)", re.IGNORECASE),
    "htmx code in an attribute": re.compile(r"\bhx-on|\bhx-vals=.js:|hx-trigger=[\"'][^\"']*\["),
    "a link to nowhere": re.compile(r"href=[\"']#?[\"']"),
    "an address of another server": re.compile(r"<(?:script|link|img)\b[^>]*\b(?:src|href)=[\"']https?:"),
}


def name(path: Path) -> str:
    return str(path.relative_to(settings.BASE_DIR / "templates"))


@pytest.mark.parametrize("path", TEMPLATES, ids=name)
def test_every_template_can_be_parsed(path):
    assert get_template(name(path))


@pytest.mark.parametrize("path", [path for path in TEMPLATES if not PAPER.search(str(path))], ids=name)
def test_no_template_breaks_the_content_security_policy(path):
    text = path.read_text(encoding="utf-8")
    assert [what for what, pattern in FORBIDDEN.items() if pattern.search(text)] == []


@pytest.mark.parametrize("path", TEMPLATES, ids=name)
def test_every_image_and_icon_of_a_template_exists(path):
    text = path.read_text(encoding="utf-8")
    sprite = (settings.BASE_DIR / "static" / "sprite.svg").read_text(encoding="utf-8")
    icons = re.findall(r"{% icon [\"']([\w-]+)[\"'] %}", text)
    assert [icon for icon in icons if f'<symbol id="{icon}"' not in sprite] == []


def test_htmx_refuses_to_evaluate_code_and_needs_no_inline_style():
    base = (settings.BASE_DIR / "templates" / "base.html").read_text(encoding="utf-8")
    for option in ('"allowEval":false', '"includeIndicatorStyles":false', '"historyRestoreAsHxRequest":false'):
        assert option in base
