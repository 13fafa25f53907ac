"""The library's example runs as it is printed, and what it imports is the queue alone."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import judgeline
import workers

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "docs" / "examples" / "wordcount.py"
HEAVY = {"flask", "sqlalchemy", "alembic", "gunicorn", "rq", "judgeline.judging", "judgeline.store", "api"}


@pytest.fixture
def environment(redis_url):
    return os.environ | {"REDIS_URL": redis_url, "PYTHONPATH": str(ROOT)}


def test_the_page_prints_the_example(page):
    (printed,) = re.findall(r"```python\n(.*?)```", page("library").text, re.DOTALL)
    assert printed == EXAMPLE.read_text()
    assert sum(bool(line.strip()) for line in printed.splitlines()) <= 22


def test_the_example_works(environment, tmp_path, page):
    with (tmp_path / "log").open("wb") as log:
        worker = subprocess.Popen([sys.executable, EXAMPLE, "work"], env=environment, stdout=log, stderr=log)
    try:
        said = subprocess.run(
            [sys.executable, EXAMPLE, "to be or not to be"],
            env=environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        ).stdout
    finally:
        worker.terminate()
        assert worker.wait(30) == 0
    assert f"prints `{said.strip()}`" in page("library").text


def test_the_library_imports_neither_the_front_nor_the_store():
    program = """
import sys
import judgeline.queues, judgeline.events, judgeline.queues.lists, judgeline.queues.memory, workers.pool
for name in judgeline.queues.__all__:
    assert getattr(judgeline.queues, name).__name__ == name
print(*sys.modules)
"""
    loaded = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT
    ).stdout.split()
    assert not HEAVY & set(loaded)


def test_the_options_alone_cost_no_client():
    program = "import sys, judgeline.queues.options; print('redis' in sys.modules)"
    said = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert said.stdout == "False\n"


def test_what_the_example_imports_is_typed_for_those_who_install_it():
    for package in (judgeline, workers):
        assert (Path(package.__file__).parent / "py.typed").exists()
