"""The words a judgement is made of."""

from enum import StrEnum

import msgspec


class Verdict(StrEnum):
    """What became of a submission, or of one test of it."""

    ACCEPTED = "accepted"
    WRONG_ANSWER = "wrong_answer"
    TIME_LIMIT_EXCEEDED = "time_limit_exceeded"
    MEMORY_LIMIT_EXCEEDED = "memory_limit_exceeded"
    OUTPUT_LIMIT_EXCEEDED = "output_limit_exceeded"
    RUNTIME_ERROR = "runtime_error"
    COMPILE_ERROR = "compile_error"
    JUDGE_ERROR = "judge_error"


class TestResult(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One test: what happened, what it used, and why."""

    name: str
    """The test's path in the package without its ending, e.g. "sample/1" or "secret/07-large"."""
    verdict: Verdict
    time_ms: float = 0
    """CPU time of all the test's processes, milliseconds."""
    wall_ms: float = 0
    memory_kb: int = 0
    why: str = ""
    """One sentence for the one who submitted; tells nothing of secret data."""
    score: float | None = None
    """Of a scoring problem's test."""


class GroupResult(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One group of a scoring problem's tests."""

    name: str
    """The group's path in the package, e.g. "secret/2-large"."""
    verdict: Verdict | None = None
    """Nothing: it was not run."""
    score: float = 0
    max_score: float | None = None
    """Nothing: it has no upper bound."""
    why: str = ""
    """Why it was not run."""


class Judgement(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The result of judging one submission."""

    verdict: Verdict
    tests: list[TestResult] = []
    """In the order they ran: a pass-fail problem stops at its first failure, scoring where its rules say."""
    tests_total: int = 0
    time_ms: float = 0
    """The slowest test's CPU time."""
    memory_kb: int = 0
    """The largest test's peak."""
    time_limit_ms: float = 0
    """The CPU time that a test might use, milliseconds."""
    memory_limit_kb: int = 0
    """The memory that a test might use, KiB."""
    compile_output: str = ""
    """What the compiler said, at most 16 KiB, with the file named as the user's."""
    language: str = ""
    """The language's id with the version found here, e.g. "python3 (3.11.2)"."""
    why: str = ""
    """One sentence, for anything but accepted."""
    version: str = ""
    """The package's version that judged it."""
    host_speed: float = 0
    """How fast the host is that judged it, as it was calibrated (1 is the reference); 0: it was not."""
    score: float | None = None
    """Of a scoring problem; nothing where it was not judged to the end."""
    max_score: float | None = None
    """The best score there is, where there is one."""
    groups: list[GroupResult] = []
    """Of a scoring problem whose secret tests stand in groups, in their order."""


class RunResult(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The result of a run: code with stdin, no problem. ``verdict`` compares where an output was expected."""

    verdict: Verdict
    stdout: str = ""
    """Decoded as UTF-8 with replacement, at most 64 KiB; ``stdout_truncated`` tells."""
    stdout_truncated: bool = False
    stderr: str = ""
    stderr_truncated: bool = False
    exit_code: int | None = None
    signal: int | None = None
    time_ms: float = 0
    wall_ms: float = 0
    memory_kb: int = 0
    compile_output: str = ""
    language: str = ""
    why: str = ""


class Progress(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How far a judgement is: the stage, and the test of how many while it runs them."""

    stage: str
    """"compiling" or "testing"."""
    test: int = 0
    """Tests finished so far."""
    tests_total: int = 0
