"""The documents say what is there: settings, make targets, commands, links."""

import ast
import re
import subprocess
from pathlib import Path
from urllib.parse import unquote

import pytest
import yaml
from django.core.management import get_commands

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = sorted([ROOT / "README.md", ROOT / "CHANGELOG.md", *(ROOT / "docs").rglob("*.md")])
OPERATIONS = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")


def settings_read() -> set[str]:
    """Names of the variables that settings.py reads, from its syntax tree."""
    tree = ast.parse((ROOT / "ccportal" / "settings.py").read_text(encoding="utf-8"))
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)]
    readers = [call for call in calls if isinstance(call.func.value, ast.Name) and call.func.value.id == "env"]
    return {call.args[0].value for call in readers if isinstance(call.args[0], ast.Constant)}


def settings_documented() -> set[str]:
    chapter = OPERATIONS.split("\n## Settings\n")[1].split("\n## ")[0]
    return set(re.findall(r"^\| `([A-Z_]+)` \|", chapter, re.MULTILINE))


def targets() -> set[str]:
    return set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))


def anchor(heading: str) -> str:
    """The fragment by which a heading is linked."""
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


def test_every_setting_is_explained_and_no_other():
    assert settings_documented() == settings_read()


def test_a_default_in_the_table_is_the_one_in_the_settings():
    source = (ROOT / "ccportal" / "settings.py").read_text(encoding="utf-8")
    for name, default in re.findall(r"^\| `([A-Z_]+)` \| ([A-Za-z0-9/,.:\[\]]+) \|", OPERATIONS, re.MULTILINE):
        written = re.search(rf'env\.(?:integer|text|names)\("{name}", "?([^")]+)"?\)', source)
        if written:
            assert default == written[1], name


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_make_targets_that_are_named_exist(path):
    named = set(re.findall(r"(?:`|^|&& )make ([a-z-]+)", path.read_text(encoding="utf-8"), re.MULTILINE))
    assert named <= targets()


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_commands_that_are_named_exist(path):
    from ccportal.core.health import PARTS

    text = path.read_text(encoding="utf-8")
    named = set(re.findall(r"manage\.py ([a-z_]+)", text)) | set(
        re.findall(r"`(acdb_check|acdb_import|audit_[a-z]+)", text)
    )
    assert named - set(PARTS) <= set(get_commands())


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(path):
    text = path.read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if target.startswith("https://"):
            continue
        file, _, fragment = target.partition("#")
        found = (path.parent / unquote(file)).resolve() if file else path
        assert found.exists(), target
        if fragment:
            headings = re.findall(r"^#+ (.+)$", found.read_text(encoding="utf-8"), re.MULTILINE)
            assert fragment in {anchor(heading) for heading in headings}, target


def test_everything_that_health_reports_is_explained():
    from ccportal.core.health import PARTS

    chapter = OPERATIONS.split("\n## Monitoring\n")[1].split("\n## ")[0]
    explained = {
        name for line in re.findall(r"^\| (`[a-z_`, ]+) \|", chapter, re.M) for name in re.findall("[a-z_]+", line)
    }
    assert explained == set(PARTS)


def test_every_scope_of_a_key_is_explained_and_no_other():
    from ccportal.accounts.scopes import SCOPES

    chapter = (ROOT / "docs" / "api.md").read_text(encoding="utf-8").split("| scope | opens |")[1].split("\n\n")[0]
    cells = re.findall(r"^\| (`[^|]+) \|", chapter, re.MULTILINE)
    assert {name for cell in cells for name in re.findall("[a-z.]+", cell)} == set(SCOPES)


def test_help_lists_every_target():
    shown = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert {line.split()[1] for line in shown.splitlines()} == targets()


def test_every_decision_is_in_the_list():
    listed = set(re.findall(r"\]\((\d{4}-[a-z0-9-]+\.md)\)", (ROOT / "docs/decisions/README.md").read_text()))
    assert listed == {path.name for path in (ROOT / "docs" / "decisions").glob("0*.md")}


def test_the_compose_file_reads_only_settings_that_exist():
    compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
    given = {name.removesuffix("_FILE") for name in compose["services"]["web"]["environment"]}
    assert given <= settings_read()


def test_no_service_of_the_compose_file_gains_rights():
    compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
    for name, service in compose["services"].items():
        assert "no-new-privileges:true" in service["security_opt"], name
        if name != "migrate":
            assert "healthcheck" in service, name


def test_the_image_has_the_debian_packages_of_the_setup():
    from demo.bootstrap import RUN_PACKAGES

    words = set((ROOT / "Dockerfile").read_text(encoding="utf-8").split())
    assert set(RUN_PACKAGES) <= words


def test_every_requirement_is_pinned_and_locked():
    locked = dict(
        re.findall(r"^([a-z0-9-]+)==([^\s;]+)", (ROOT / "constraints.txt").read_text(encoding="utf-8"), re.MULTILINE)
    )
    for name in ("requirements.txt", "requirements-dev.txt"):
        for line in (ROOT / name).read_text(encoding="utf-8").splitlines():
            requirement = line.split("#")[0].strip()
            if requirement and not requirement.startswith("-r"):
                package, _, version = requirement.partition("==")
                assert locked[package.split("[")[0].lower().replace("_", "-")] == version, line


def test_the_secrets_script_writes_once_and_keeps_what_is_there(tmp_path):
    script = ["sh", str(ROOT / "docs" / "deploy" / "make-secrets.sh"), str(tmp_path / "secrets")]
    subprocess.run(script, check=True, capture_output=True)
    first = {path.name: path.read_text() for path in (tmp_path / "secrets").iterdir()}
    again = subprocess.run(script, check=True, capture_output=True, text=True)
    assert again.stdout == ""
    assert {path.name: path.read_text() for path in (tmp_path / "secrets").iterdir()} == first
    assert first["jwt_signing_key"].startswith("-----BEGIN PRIVATE KEY-----")
    assert first["database_password"] in first["database_url"]
