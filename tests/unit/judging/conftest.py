"""A scripted box, and packages made on the spot."""

import dataclasses
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import pytest

from judgeline.judging.sandbox.box import Command, Outcome, Stopped

PLAIN = {
    "problem.yaml": "name: A plus B\nlicense: cc0\nlimits:\n  memory: 256\n",
    ".timelimit": "1\n",
    "problem_statement/problem.en.md": "Add.\n",
    "data/sample/1.in": "1 2\n",
    "data/sample/1.ans": "3\n",
    "data/secret/1.in": "3 4\n",
    "data/secret/1.ans": "7\n",
    "data/secret/2.in": "5 6\n",
    "data/secret/2.ans": "11\n",
    "submissions/accepted/sum.py": "print(sum(map(int, input().split())))\n",
}


def write_files(root: Path, files: Mapping[str, str | bytes | None]) -> Path:
    for name, content in files.items():
        path = root / name
        if content is None:
            path.unlink(missing_ok=True)
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return root


@pytest.fixture
def write_package(tmp_path) -> Callable[..., Path]:
    """Write the plain package with changes: a path -> its content, or None to leave it out."""

    def write(files: Mapping[str, str | bytes | None] | None = None, slug: str = "aplusb") -> Path:
        return write_files(tmp_path / slug, {**PLAIN, **(files or {})})

    return write


@pytest.fixture
def write_newer(tmp_path) -> Callable[..., Path]:
    """Write a package in the layout of 2025-09, with changes."""
    newer = {
        "problem.yaml": "problem_format_version: 2025-09\nname: A plus B\nuuid: 0b8c\n",
        "problem_statement/problem.en.md": None,
        "statement/problem.en.md": "Add.\n",
    }

    def write(files: Mapping[str, str | bytes | None] | None = None, slug: str = "aplusb") -> Path:
        return write_files(tmp_path / slug, {**PLAIN, **newer, **(files or {})})

    return write


def outcome(
    stdout: bytes = b"",
    *,
    exit_code: int | None = 0,
    signal: int | None = None,
    stopped: Stopped = Stopped.NO,
    cpu_ms: float = 10,
    wall_ms: float = 12,
    memory_kb: int = 9000,
    stderr: bytes = b"",
    files: Mapping[str, bytes] | None = None,
) -> Outcome:
    return Outcome(
        exit_code=None if signal else exit_code,
        signal=signal,
        stopped=stopped,
        cpu_ms=cpu_ms,
        wall_ms=wall_ms,
        memory_kb=memory_kb,
        stdout=stdout,
        stderr=stderr,
        files=files or {},
    )


@dataclasses.dataclass
class ScriptedBox:
    """Answers each run with the next outcome of its script, or raises it; keeps what it was told."""

    script: list
    loaded: dict = dataclasses.field(default_factory=dict)
    runs: list[tuple[Command, bytes]] = dataclasses.field(default_factory=list)
    closed: bool = False

    def load(self, files):
        assert not self.closed
        self.loaded = dict(files)

    def run(self, command, stdin=b""):
        assert not self.closed
        self.runs.append((command, stdin))
        answer = self.script.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def close(self):
        self.closed = True

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class ScriptedSandbox:
    """Opens one scripted box after another."""

    def __init__(self, scripts: Iterable[list]) -> None:
        self.scripts = [list(script) for script in scripts]
        self.boxes: list[ScriptedBox] = []
        self.binds: list[tuple[str, ...]] = []
        self.warm: list[tuple[str, str] | None] = []

    def open(self, *, binds=(), warm=None):
        self.binds.append(tuple(binds))
        self.warm.append(warm)
        box = ScriptedBox(self.scripts.pop(0))
        self.boxes.append(box)
        return box


@pytest.fixture(name="outcome")
def outcome_fixture():
    return outcome


@pytest.fixture
def scripted():
    """``scripted([outcomes of the first box], [of the second], ...)`` is a sandbox."""
    return lambda *scripts: ScriptedSandbox(scripts)
