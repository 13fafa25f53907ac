"""One line of what ``judgeline verify`` found."""

from collections.abc import Callable

import msgspec

from judgeline.judging.verdicts import Progress, TestResult

HELD, SURPRISE, SKIPPED = "held", "surprise", "skipped"
VerifyProgress = Callable[[str, Progress], None]
"""Told what is being checked (a row's name) and how far it is."""


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the matrix."""

    kind: str
    """"submission", "input_validator", "invalid_input", "output_validator" or "package"."""
    name: str
    """What was checked, e.g. "wrong_answer/int32.c"."""
    state: str
    """"held": as it must be; "surprise": not so; "skipped": not tried here, ``why`` says the reason."""
    expected: str = ""
    """The folder it stands in, or the verdicts written inside it."""
    got: str = ""
    language: str = ""
    tests: list[TestResult] = []
    tests_total: int = 0
    messages: dict[str, str] = {}
    """Test -> what its checker wrote for the judges."""
    time_ms: float = 0
    memory_kb: int = 0
    why: str = ""
