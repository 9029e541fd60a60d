"""The import contracts of pyproject.toml refuse what docs/architecture.md forbids: tried on a copy of the tree."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
APPS = ("ccportal", "audit", "billing", "customers", "omreport", "tariffs", "whatsapp")


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    tree = tmp_path_factory.mktemp("tree")
    shutil.copy(ROOT / "pyproject.toml", tree)
    for app in APPS:
        shutil.copytree(ROOT / app, tree / app, ignore=shutil.ignore_patterns("tests", "__pycache__"))
    return tree


@pytest.fixture
def lint(copy):
    """Adds an import to a module of the copy and gives the verdict; the copy is as before afterwards."""
    changed = {}

    def verdict(module, statement):
        path = copy / f"{module.replace('.', '/')}.py"
        if path.with_suffix("").is_dir():
            path = path.with_suffix("") / "__init__.py"
        changed[path] = path.read_text(encoding="utf-8") if path.exists() else None
        path.write_text(f"{changed[path] or ''}\n{statement}\n", encoding="utf-8")
        program = str(Path(sys.executable).with_name("lint-imports"))
        ended = subprocess.run([program, "--no-cache"], cwd=copy, capture_output=True, text=True)
        return ended.returncode == 0, ended.stdout

    yield verdict
    for path, content in changed.items():
        if content is None:
            path.unlink()
        else:
            path.write_text(content, encoding="utf-8")


@pytest.mark.parametrize(
    ("module", "statement"),
    [
        ("billing.queries", "import customers.search"),
        ("audit.queries", "import billing.calculations"),
        ("omreport.queries", "import whatsapp.apps"),
        ("ccportal.core.paging", "import customers.queries"),
    ],
)
def test_an_import_upwards_is_refused(lint, module, statement):
    kept, output = lint(module, statement)
    assert not kept
    assert "Apps depend downwards only, and on the floor BROKEN" in output


def test_models_do_not_import_behaviour(lint):
    kept, output = lint("billing.models", "import billing.queries")
    assert not kept
    assert "Models import nothing but the floor BROKEN" in output


def test_models_do_not_import_other_models(lint):
    kept, output = lint("billing.models", "import tariffs.models")
    assert not kept
    assert "One app's models do not import another's BROKEN" in output


def test_queries_do_not_import_views(lint):
    kept, output = lint("customers.queries", "import customers.views")
    assert not kept
    assert "Inside an app: urls, then surfaces, forms, services, queries, models BROKEN" in output


@pytest.mark.parametrize(
    ("module", "statement"),
    [
        ("customers.queries", "import billing.queries"),
        ("billing.queries", "import omreport.models"),
        ("ccportal.jobs.services", "import customers.models"),
        ("ccportal.urls", "import omreport.views"),
    ],
)
def test_what_the_direction_allows_passes(lint, module, statement):
    kept, output = lint(module, statement)
    assert kept, output
