"""What a problem package is, once it has been read."""

import os
import stat
from collections.abc import Mapping
from pathlib import Path

import msgspec

from judgeline.judging.packages.groups import Group
from judgeline.judging.verdicts import Verdict

_SAME_LANGUAGE = {"pypy3": "python3"}
"""Languages that the format does not tell apart."""
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
    validation_passes: int = 1
    """How often a test of a multi-pass problem may run its submission."""


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
    interaction: str = ""
    """Of an interactive or multi-pass problem, instead of the two: lines that start with < (to the
    submission) and > (from it), with --- between passes."""


class Input(msgspec.Struct, frozen=True, kw_only=True):
    """One input. Its data is read when asked for: a package may hold hundreds of megabytes."""

    name: str
    """Its path below data/ without the ending, e.g. "secret/07-large"."""
    input_path: Path
    input_bytes: int
    args: tuple[str, ...] = ()
    """Command line arguments for the submission."""
    input_validator_args: Mapping[str, tuple[str, ...]] = {}
    """By the input validator's name; "" holds for all that are not named."""
    file_paths: Mapping[str, Path] = {}
    """What stands in the program's folder while it runs: path there -> where it is."""
    file_bytes: int = 0
    """All of them together."""

    def input(self) -> bytes:
        """The input."""
        return read_regular(self.input_path, self.input_bytes)

    def files(self) -> dict[str, bytes]:
        """The files beside the input."""
        return {name: read_regular(path, self.file_bytes) for name, path in self.file_paths.items()}


class Test(Input, frozen=True, kw_only=True):
    """One test."""

    answer_path: Path
    answer_bytes: int
    shown: bool
    """Whether the one who submits may see its data: samples, and tests with ``full_feedback``."""
    checker_args: tuple[str, ...] = ()

    def answer(self) -> bytes:
        """The judges' answer."""
        return read_regular(self.answer_path, self.answer_bytes)


class OutputCase(Test, frozen=True, kw_only=True):
    """An output that the checker must accept, or must refuse: a test of the checker."""

    output_path: Path
    output_bytes: int
    accepted: bool

    def output(self) -> bytes:
        """The output."""
        return read_regular(self.output_path, self.output_bytes)


class ProgramSource(msgspec.Struct, frozen=True, kw_only=True):
    """A program in the package: one file, or a folder of files."""

    name: str
    """Its path in the package, e.g. "submissions/accepted/fast.cpp"."""
    paths: Mapping[str, Path]
    """File name in the program's folder -> where it is."""

    def files(self) -> dict[str, bytes]:
        """The program's files, read now."""
        return {name: read_regular(path, path.stat().st_size) for name, path in self.paths.items()}


class Expectation(msgspec.Struct, frozen=True, kw_only=True):
    """What must become of a submission, on some tests or all."""

    permitted: frozenset[Verdict]
    """Every test's verdict must be one of these."""
    required: frozenset[Verdict]
    """At least one test's verdict must be one of these; the whole judgement's, where ``final`` is set."""
    tests: str = ""
    """The tests or groups meant, as a pattern of their names; "" for all."""
    score: tuple[float, float] | None = None
    """Bounds of the score: of the whole submission, or of each group that ``tests`` names."""
    message: str = ""
    """Must stand in what a checker wrote for the judges on at least one test."""
    limits_time: bool | None = None
    """Whether the submission's time counts where a time limit is derived; None: as the verdicts say."""


class Submission(msgspec.Struct, frozen=True, kw_only=True):
    """One of the package's own submissions and what must become of it."""

    name: str
    """Its path below submissions/, e.g. "wrong_answer/off_by_one.py"."""
    source: ProgramSource
    expected: str
    """For people: the folder it stands in, or the verdicts written inside it."""
    expectations: tuple[Expectation, ...]
    """All of them must be met."""
    final: bool = False
    """Whether the verdict of the whole judgement counts (DOMjudge's @EXPECTED_RESULTS@), not each test's."""
    partial: bool = False
    """Whether it must be accepted with a score that is not the best."""
    language: str = ""
    """Its language's id; "": as its files say."""
    entrypoint: str = ""


class Kind(msgspec.Struct, frozen=True, kw_only=True):
    """What sort of problem it is."""

    scoring: bool = False
    interactive: bool = False
    """The checker talks with the submission while both run."""
    multi_pass: bool = False
    """The checker may ask for another run, on an input of its making."""
    lower_is_better: bool = False
    show_groups: bool = True
    """Whether those who submit see the score of each group."""


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
    """Samples first, then secret ones, each in the order of its folders and names."""
    root: Group
    """How the tests are grouped, and what makes their result."""
    kind: Kind = Kind()
    interactions: Mapping[str, Path] = {}
    """What people may see of a conversation: the sample's name -> the file."""
    invalid_inputs: tuple[Input, ...] = ()
    """Inputs that an input validator must refuse."""
    output_cases: tuple[OutputCase, ...] = ()
    includes: Mapping[str, ProgramSource] = {}
    """Files that go with every submission, by its language's id; "default" for all others."""
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
        kind = self.kind
        talks = kind.interactive or kind.multi_pass
        shown: dict[str, Sample] = {}
        for test in self.tests:
            hidden = kind.interactive and self.format == "legacy"
            if test.name.startswith("sample/") and not hidden:
                shown[test.name] = Sample(
                    name=test.name,
                    input=test.input().decode(errors="replace"),
                    output=test.answer().decode(errors="replace"),
                )
        for name, path in self.interactions.items() if talks else ():
            text = read_regular(path, LONGEST_STATEMENT).decode(errors="replace")
            shown[name] = Sample(name=name, input="", output="", interaction=text)
        return [shown[name] for name in sorted(shown)]

    def included(self, language: str) -> dict[str, bytes]:
        """The files that go with every submission in that language, read now."""
        own = self.includes.get(language) or self.includes.get(_SAME_LANGUAGE.get(language, ""))
        found = [self.includes.get("default"), own]
        return {name: content for source in found if source for name, content in source.files().items()}

    def statement(self, language: str = "en") -> Statement | None:
        """The statement in that language, else in English, else the first there is."""
        by_language = {statement.language: statement for statement in self.statements}
        return by_language.get(language) or by_language.get("en") or next(iter(self.statements), None)
