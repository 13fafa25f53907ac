"""The sandbox of this host, and packages made on the spot."""

import os
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from judgeline.judging.errors import SandboxError
from judgeline.judging.judge import Judge
from judgeline.judging.languages import Languages
from judgeline.judging.packages import Package, load_package
from judgeline.judging.sandbox import open_sandbox
from judgeline.judging.sandbox.box import Sandbox

PLAIN = {
    "problem.yaml": "name: A plus B\nlimits:\n  memory: 64\n  output: 1\n  compilation_time: 10\n",
    ".timelimit": "0.5\n",
    "problem_statement/problem.en.md": "Add.\n",
    "data/sample/1.in": "1 2\n",
    "data/sample/1.ans": "3\n",
    "data/secret/1.in": "3 4\n",
    "data/secret/1.ans": "7\n",
}


def skip_or_fail(reason: str) -> None:
    """Skip at home; in CI a missing part is a failure."""
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def sandbox(tmp_path_factory) -> Sandbox:
    try:
        return open_sandbox(tmp_path_factory.mktemp("helper"))
    except SandboxError as error:
        skip_or_fail(f"no sandbox here: {error}")
        raise


@pytest.fixture(scope="session")
def languages() -> Languages:
    return Languages.load()


@pytest.fixture
def judging(sandbox, languages):
    with Judge(sandbox, languages) as judge:
        yield judge


@pytest.fixture
def make_package(tmp_path) -> Callable[..., Package]:
    """Make the plain package with changes: a path -> its content, or None to leave it out."""

    def make(files: Mapping[str, str | bytes | None] | None = None, slug: str = "aplusb") -> Package:
        root: Path = tmp_path / slug
        for name, content in {**PLAIN, **(files or {})}.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            if content is None:
                path.unlink(missing_ok=True)
            else:
                path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return load_package(root)

    return make
