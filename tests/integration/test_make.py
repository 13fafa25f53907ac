"""``make run`` on machines that lack something: one clear line each, and what to do."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def checkout(tmp_path):
    """A fresh clone, as far as make looks."""
    for name in ("Makefile", "pyproject.toml", "requirements.lock", "requirements-dev.lock"):
        shutil.copy(ROOT / name, tmp_path / name)
    return tmp_path


def make(folder, *arguments, python):
    return subprocess.run(
        ["make", "-C", str(folder), "--no-print-directory", *arguments, f"PYTHON={python}"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def script(path, body):
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)
    return path


def said(result) -> str:
    """The one line of ours; make adds its own on the target that failed."""
    (line,) = [line for line in result.stderr.splitlines() if not line.startswith("make")]
    return line


@pytest.mark.parametrize("target", ["run", "test", "check"])
def test_a_python_that_is_too_old(checkout, target):
    old = script(
        checkout / "python3.9",
        # It runs the check as Python 3.9 would: sys.version_info is what differs.
        f"""exec {sys.executable} -c "import sys; sys.version_info = (3, 9, 18); exec(sys.argv[1])" "$2" """,
    )
    result = make(checkout, target, python=old)
    assert result.returncode != 0
    assert said(result) == (
        f"judgeline: needs Python >= 3.11, and '{old}' is not; try: make PYTHON=/path/to/python3.11 {target}"
    )
    assert not (checkout / ".venv").exists()


def test_no_python_at_all(checkout):
    result = make(checkout, "run", python=checkout / "python3")
    assert result.returncode != 0
    assert said(result).startswith("judgeline: needs Python >= 3.11")


def test_a_python_without_ensurepip(checkout):
    split = script(
        checkout / "python3",
        f"""case "$2" in *ensurepip*) exit 1;; esac\nexec {sys.executable} "$@" """,
    )
    result = make(checkout, "run", python=split)
    assert result.returncode != 0
    assert "lacks ensurepip" in said(result)
    assert "sudo apt-get install python3-venv" in said(result)
    assert not (checkout / ".venv").exists()


def test_without_a_target_it_says_what_there_is(checkout):
    result = make(checkout, python="python3")
    assert result.returncode == 0
    assert "make run" in result.stdout
    assert "make test" in result.stdout
