"""The setup script: what it installs, what it skips, what it says when it cannot."""

import os
import sys

import pytest

from demo import bootstrap


@pytest.fixture
def programs(tmp_path, monkeypatch):
    """A PATH that holds only programs made here; returns what makes one."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))

    def make(name, script):
        path = folder / name
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)

    return make


@pytest.fixture
def debian(programs, tmp_path):
    """A Debian with mdbtools installed and nothing else; apt-get notes how it is called."""
    programs("dpkg-query", "echo 'mdbtools installed'; echo 'unixodbc config-files'; exit 1")
    programs("apt-get", f'echo "$@" >> {tmp_path}/apt; exit 0')
    programs("env", 'shift; exec "$@"')
    return tmp_path / "apt"


def test_an_old_python_is_one_clear_line():
    with pytest.raises(bootstrap.Stop, match=r"Python 3\.11 or newer is needed, this is 3\.9"):
        bootstrap.check_python((3, 9))


def test_this_python_will_do():
    bootstrap.check_python()


def test_only_missing_packages_are_installed(debian, monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    bootstrap.install_packages(["mdbtools", "unixodbc", "libpango-1.0-0"])
    update, install = debian.read_text().splitlines()
    assert update == "update --quiet"
    assert install == "install --yes --no-install-recommends unixodbc libpango-1.0-0"


def test_apt_is_not_called_when_all_is_there(debian):
    bootstrap.install_packages(["mdbtools"])
    assert not debian.exists()


def test_without_rights_the_line_to_type_is_printed(debian, monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(bootstrap.Stop) as stop:
        bootstrap.install_packages(["mdbtools", "unixodbc"])
    assert str(stop.value) == (
        "Debian packages are missing. Type: sudo apt-get update && "
        "sudo apt-get install --yes --no-install-recommends unixodbc"
    )
    assert not debian.exists()


def test_sudo_is_used_when_it_asks_no_password(debian, programs, monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    programs("true", "exit 0")
    programs("sudo", 'shift; exec "$@"')
    bootstrap.install_packages(["unixodbc"])
    assert "install --yes --no-install-recommends unixodbc" in debian.read_text()


def test_a_failing_apt_is_named(debian, programs, monkeypatch, capsys):
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    programs("apt-get", "echo 'E: Unable to locate package'; exit 100")
    with pytest.raises(bootstrap.Stop, match="apt could not install unixodbc"):
        bootstrap.install_packages(["unixodbc"])
    assert "Unable to locate package" in capsys.readouterr().err


def test_another_system_is_told_what_to_install(programs):
    with pytest.raises(bootstrap.Stop, match="This is not Debian or Ubuntu"):
        bootstrap.install_packages(["mdbtools"])


def test_nothing_is_installed_while_the_stamp_fits(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(bootstrap, "VENV", str(tmp_path))
    monkeypatch.setattr(bootstrap, "PYTHON", "/nonexistent")
    (tmp_path / "installed-run").write_text(bootstrap.wanted(dev=False)[1])
    bootstrap.install_requirements(dev=False)
    assert capsys.readouterr().out == ""


def test_a_stamp_of_other_requirements_does_not_fit(tmp_path, monkeypatch):
    monkeypatch.setattr(bootstrap, "VENV", str(tmp_path))
    monkeypatch.setattr(bootstrap, "PYTHON", "/bin/false")
    (tmp_path / "installed-run").write_text("something else")
    with pytest.raises(bootstrap.Stop, match="could not be installed"):
        bootstrap.install_requirements(dev=False)
    assert (tmp_path / "installed-run").read_text() == "something else"


def test_a_broken_environment_is_made_again(tmp_path, monkeypatch):
    broken = tmp_path / "bin" / "python"
    broken.parent.mkdir()
    broken.write_text("#!/bin/sh\nexit 1\n")
    broken.chmod(0o755)
    monkeypatch.setattr(bootstrap, "VENV", str(tmp_path))
    monkeypatch.setattr(bootstrap, "PYTHON", str(broken))
    bootstrap.make_environment()
    assert os.path.realpath(broken) == os.path.realpath(sys.executable)
