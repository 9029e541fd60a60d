"""Makes this machine ready: Debian packages, virtual environment, pinned requirements.

Runs with the system's own Python and nothing but its standard library, and does only what is missing:
a second run takes a fraction of a second. ``python3 demo/bootstrap.py [--dev]``; ``--dev`` adds what the
checks need. Anything that is wrong is one line on stderr and exit status 1.
"""

import hashlib
import os
import shutil
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
VENV = os.path.join(ROOT, os.environ.get("VENV") or ".venv")
PYTHON = os.path.join(VENV, "bin", "python")
OLDEST_PYTHON = (3, 11)
UV = "uv==0.13.8"  # installs the requirements in a third of pip's time

#: What the running portal needs, and why.
RUN_PACKAGES = {
    "mdbtools": "reads Access files",
    "libpango-1.0-0": "PDF layout",
    "libpangoft2-1.0-0": "PDF layout",
    "libharfbuzz-subset0": "PDF fonts",
    "fonts-dejavu-core": "a font for PDF",
    "unixodbc": "the ACDB on SQL Server",
}
#: What the checks need on top.
DEV_PACKAGES = {
    "chromium-headless-shell": "browser tests",
    "libatomic1": "browser tests",
    "fonts-noto-core": "screenshots",
    "postgresql": "tests on a real PostgreSQL",
}


class Stop(Exception):
    """Something a person has to put right; the message says what."""


def say(text):
    print(text, flush=True)


def check_python(version=None):
    version = version or sys.version_info[:2]
    if tuple(version) < OLDEST_PYTHON:
        raise Stop(
            "Python {}.{} or newer is needed, this is {}.{}. Name another one: make PYTHON=python3.12 run".format(
                *OLDEST_PYTHON, *version
            )
        )


def has_dpkg():
    return shutil.which("dpkg-query") is not None and shutil.which("apt-get") is not None


def missing_packages(names):
    """Those of the Debian packages that dpkg does not have installed."""
    listing = subprocess.run(
        ["dpkg-query", "--show", "--showformat=${Package} ${db:Status-Status}\n", *names],
        capture_output=True,
        text=True,
        check=False,  # it leaves with 1 when one of the names is unknown; the others are listed all the same
    ).stdout
    installed = {line.split()[0] for line in listing.splitlines() if line.endswith(" installed")}
    return [name for name in names if name not in installed]


def as_root():
    """The words to put before a command that needs root; None when that takes a password."""
    if os.geteuid() == 0:
        return []
    if shutil.which("sudo") and not subprocess.run(["sudo", "-n", "true"], capture_output=True, check=False).returncode:
        return ["sudo", "-n"]
    return None


def install_packages(wanted):
    """Install what is missing of these Debian packages."""
    if not has_dpkg():
        if shutil.which("mdb-export") is None:
            raise Stop("This is not Debian or Ubuntu: install mdbtools and pango by hand, then start again.")
        return
    missing = missing_packages(wanted)
    if not missing:
        return
    names = " ".join(missing)
    install = ["apt-get", "install", "--yes", "--no-install-recommends", *missing]
    root = as_root()
    if root is None:
        raise Stop("Debian packages are missing. Type: sudo apt-get update && sudo " + " ".join(install))
    say(f"Installing Debian packages: {names}")
    environment = dict(os.environ, DEBIAN_FRONTEND="noninteractive")
    for command in (["apt-get", "update", "--quiet"], install):
        ended = subprocess.run(
            # sudo drops the environment; env keeps the one word that stops questions.
            [*root, "env", "DEBIAN_FRONTEND=noninteractive", *command],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        if ended.returncode and command is install:
            sys.stderr.write(ended.stdout)
            raise Stop(f"apt could not install {names} (see above).")


def make_environment():
    """Create the virtual environment when there is none that works."""
    if os.path.exists(PYTHON) and not subprocess.run([PYTHON, "-c", "import pip"], check=False).returncode:
        return
    try:
        import ensurepip  # noqa: F401 - Debian ships Python without it; the package python3-venv brings it
    except ImportError:
        install_packages(["python3-venv"])
    say(f"Creating the virtual environment {os.path.relpath(VENV, ROOT)}")
    made = subprocess.run([sys.executable, "-m", "venv", "--clear", VENV], capture_output=True, text=True, check=False)
    if made.returncode:
        reason = (made.stderr or made.stdout).strip().splitlines()[-1]
        raise Stop(f"The virtual environment could not be made: {reason}")


def wanted(dev):
    """The requirement files and a fingerprint of what they ask for."""
    files = ["requirements-dev.txt", "requirements.txt"] if dev else ["requirements.txt"]
    digest = hashlib.sha256(repr(sys.version_info[:2]).encode())
    for name in [*files, "constraints.txt"]:
        with open(os.path.join(ROOT, name), "rb") as file:
            digest.update(file.read())
    return files[0], digest.hexdigest()


def install_requirements(dev):
    """Install the pinned requirements unless the stamp says they are there."""
    requirements, fingerprint = wanted(dev)
    stamp = os.path.join(VENV, f"installed-{'dev' if dev else 'run'}")
    if os.path.exists(stamp):
        with open(stamp, encoding="ascii") as file:
            if file.read() == fingerprint:
                return
    say(f"Installing the Python packages of {requirements} (a minute or two)")
    arguments = ["install", "-r", os.path.join(ROOT, requirements), "-c", os.path.join(ROOT, "constraints.txt")]
    pip = [PYTHON, "-m", "pip", "--disable-pip-version-check", "--quiet"]
    fast = [os.path.join(VENV, "bin", "uv"), "pip", *arguments, "--python", PYTHON, "--quiet"]
    if subprocess.run([*pip, "install", UV], capture_output=True, check=False).returncode == 0:
        done = subprocess.run(fast, capture_output=True, text=True, check=False).returncode == 0
    else:
        done = False
    # pip knows mirrors and certificates that its configuration names and uv does not read.
    if not done and subprocess.run([*pip, *arguments], check=False).returncode:
        raise Stop("The Python packages could not be installed (see above). Is there a way to PyPI from here?")
    with open(stamp, "w", encoding="ascii") as file:
        file.write(fingerprint)


def main():
    dev = "--dev" in sys.argv[1:]
    try:
        check_python()
        install_packages([*RUN_PACKAGES, *(DEV_PACKAGES if dev else {})])
        make_environment()
        install_requirements(dev)
    except Stop as stop:
        sys.stderr.write(f"{stop}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
