"""The file with the secrets of an installation on one machine."""

import os
import stat

import pytest

from demo import environment
from demo.environment import Stop, prepare_environment


@pytest.fixture(autouse=True)
def process_environment(monkeypatch):
    """Whatever is loaded here is forgotten afterwards: programs that later tests start would inherit it."""
    for name in ("SECRET_KEY", "DEMO", "REDIS_URL"):
        monkeypatch.delenv(name, raising=False)
    before = dict(os.environ)
    yield
    os.environ.clear()
    os.environ.update(before)


def lines(path):
    return dict(line.split("=", 1) for line in path.read_text().splitlines() if not line.startswith("#"))


def test_it_is_written_with_fresh_secrets_for_its_owner_only(tmp_path):
    path = tmp_path / ".env"
    prepare_environment(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert lines(path)["DEMO"] == "1"
    assert len(lines(path)["SECRET_KEY"]) >= 50
    assert lines(path)["REDIS_URL"].startswith("redis://:")


def test_a_second_start_changes_nothing(tmp_path):
    path = tmp_path / ".env"
    prepare_environment(path)
    before = path.read_text()
    prepare_environment(path)
    assert path.read_text() == before


def test_what_somebody_wrote_is_kept_and_completed(tmp_path):
    path = tmp_path / ".env"
    path.write_text("# mine\nSECRET_KEY=chosen\nCURRENCY=XOF")
    prepare_environment(path)
    assert path.read_text().startswith("# mine\nSECRET_KEY=chosen\nCURRENCY=XOF\n")
    assert set(lines(path)) == {"SECRET_KEY", "CURRENCY", "DEMO", "REDIS_URL", "PAYMENT_WEBHOOK_SECRETS"}


def test_it_leaves_a_production_installation_alone(tmp_path):
    path = tmp_path / ".env"
    path.write_text("PRODUCTION=1\nSECRET_KEY=chosen\n")
    with pytest.raises(Stop, match="production installation"):
        prepare_environment(path)
    assert path.read_text() == "PRODUCTION=1\nSECRET_KEY=chosen\n"


def test_two_installations_get_different_secrets(tmp_path):
    prepare_environment(tmp_path / "one")
    prepare_environment(tmp_path / "two")
    assert lines(tmp_path / "one")["SECRET_KEY"] != lines(tmp_path / "two")["SECRET_KEY"]


def test_files_lie_in_var_beside_the_program_unless_told_otherwise(monkeypatch, tmp_path):
    monkeypatch.delenv("VAR_DIR", raising=False)
    assert environment.var_dir() == environment.ROOT / "var"
    monkeypatch.setenv("VAR_DIR", str(tmp_path))
    assert environment.var_dir() == tmp_path
