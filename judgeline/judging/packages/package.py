"""What a problem package is, once it has been read."""

import os
import stat
from collections.abc import Mapping
from pathlib import Path

import msgspec

from judgeline.judging.verdicts import Verdict

LONGEST_STATEMENT = 1 << 20
"""Bytes of a statement that are read; a longer one is a fault of its package."""


def read_regular(path: Path, most: int) -> bytes:
    """The bytes of a regular file that is no link, at most ``most``. Raises OSError for anything else.

    Package files are read late, long after the package was checked: a link put there meanwhile is refused.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)
    with os.fdopen(descriptor, "rb") as file:
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode):
            raise OSError(f"{path} is not a regular file")
        if found.st_size > most:
            raise OSError(f"{path} is larger than {most} bytes")
        return file.read(most)


class PackageLimits(msgspec.Struct, frozen=True, kw_only=True):
    """What the package grants. Defaults are the format's "typical system defaults", but for compilation."""

    time_s: float = 5.0
    """CPU seconds a test may take. The default counts where the package gives none; verify can derive one."""
    time_from: str = "default"
    """What gave ``time_s``: "problem.yaml", "domjudge-problem.ini", ".timelimit", "derived" or "default"."""
    time_multiplier: float = 5.0
    """A derived limit is the slowest accepted submission times this (legacy 5, 2025-09 2)."""
    time_resolution_s: float = 1.0
    """A derived limit is a multiple of this."""
    memory_mib: int = 2048
    output_mib: int = 8
    code_kib: int = 128
    compilation_time_s: int = 20
    compilation_memory_mib: int = 2048
    validation_time_s: int = 60
    validation_memory_mib: int = 2048
    validation_output_mib: int = 8


class Statement(msgspec.Struct, frozen=True, kw_only=True):
    """A problem's text in one language."""

    language: str
    """The code in its file name, e.g. "en" or "pt-BR"."""
    format: str
    """"md", "tex" or "pdf"."""
    path: Path

    def text(self) -> str:
        """The source of the text as UTF-8; "" for a PDF."""
        return "" if self.format == "pdf" else read_regular(self.path, LONGEST_STATEMENT).decode()


class Sample(msgspec.Struct, frozen=True, kw_only=True):
    """One sample as people see it: bytes decoded as UTF-8 with replacement."""

    name: str
    input: str
    output: str


class Test(msgspec.Struct, frozen=True, kw_only=True):
    """One test. Its data is read when asked for: a package may hold hundreds of megabytes."""

    name: str
    """Its path below data/ without the ending, e.g. "secret/07-large"."""
    input_path: Path
    answer_path: Path
    input_bytes: int
    answer_bytes: int
    shown: bool
    """Whether the one who submits may see its data: samples, and tests with ``full_feedback``."""
    args: tuple[str, ...] = ()
    """Command line arguments for the submission."""
    checker_args: tuple[str, ...] = ()
    input_validator_args: Mapping[str, tuple[str, ...]] = {}
    """By the input validator's name; "" holds for all that are not named."""

    def input(self) -> bytes:
        """The test's input."""
        return read_regular(self.input_path, self.input_bytes)

    def answer(self) -> bytes:
        """The judges' answer."""
        return read_regular(self.answer_path, self.answer_bytes)


class ProgramSource(msgspec.Struct, frozen=True, kw_only=True):
    """A program in the package: one file, or a folder of files."""

    name: str
    """Its path in the package, e.g. "submissions/accepted/fast.cpp"."""
    paths: Mapping[str, Path]
    """File name in the program's folder -> where it is."""

    def files(self) -> dict[str, bytes]:
        """The program's files, read now."""
        return {name: read_regular(path, path.stat().st_size) for name, path in self.paths.items()}


class Submission(msgspec.Struct, frozen=True, kw_only=True):
    """One of the package's own submissions and what must become of it."""

    name: str
    """Its path below submissions/, e.g. "wrong_answer/off_by_one.py"."""
    source: ProgramSource
    expected: str
    """For people: the folder it stands in, or the verdicts written inside it."""
    permitted: frozenset[Verdict]
    """Every test's verdict must be one of these."""
    required: frozenset[Verdict]
    """At least one test's verdict must be one of these; the whole judgement's, where ``final`` is set."""
    final: bool = False
    """Whether the verdict of the whole judgement counts (DOMjudge's @EXPECTED_RESULTS@), not each test's."""


class Package(msgspec.Struct, frozen=True, kw_only=True):
    """A whole, valid problem package. Frozen, cheap to keep: data and sources stay on disk."""

    slug: str
    path: Path
    name: str
    """The title, in English where there is one."""
    version: str
    """SHA-256 over every file's path and content, hex: two packages of one version judge alike."""
    format: str
    """"legacy" or "2025-09"."""
    limits: PackageLimits
    tests: tuple[Test, ...]
    """Samples first, then secret ones, each sorted by path."""
    names: Mapping[str, str] = {}
    """The title by language."""
    statements: tuple[Statement, ...] = ()
    checkers: tuple[ProgramSource, ...] = ()
    """Custom output validators; empty: the default one judges."""
    input_validators: tuple[ProgramSource, ...] = ()
    submissions: tuple[Submission, ...] = ()
    languages: frozenset[str] = frozenset()
    """The languages that may solve it; empty: all."""
    warnings: tuple[str, ...] = ()
    """What is odd but does not hinder judging, each with its path."""

    def samples(self) -> list[Sample]:
        """The tests that people may see, in order."""
        return [
            Sample(
                name=test.name,
                input=test.input().decode(errors="replace"),
                output=test.answer().decode(errors="replace"),
            )
            for test in self.tests
            if test.name.startswith("sample/")
        ]

    def statement(self, language: str = "en") -> Statement | None:
        """The statement in that language, else in English, else the first there is."""
        by_language = {statement.language: statement for statement in self.statements}
        return by_language.get(language) or by_language.get("en") or next(iter(self.statements), None)
