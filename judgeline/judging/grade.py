"""One test of one submission: from limits to a run, from what it did to a verdict."""

from collections.abc import Mapping

import msgspec

from judgeline.judging.checkers import Checked, Checker
from judgeline.judging.packages.package import PackageLimits, Test
from judgeline.judging.program import Program
from judgeline.judging.sandbox.box import Box, Limits, Outcome, Stopped
from judgeline.judging.verdicts import TestResult, Verdict
from judgeline.judging.words import amount, ending, one_line

BORDERLINE = 1.2
"""A run that took up to this many times the limit is run once more; the better time counts."""

COMPUTING = 0.1
"""A run that real time ended, and that had a CPU for at least this share of it, is run once more too."""


class Graded(msgspec.Struct, frozen=True, kw_only=True):
    """A test's result, and what its checker tells the package's authors."""

    result: TestResult
    message: str = ""
    scores: Mapping[str, bytes] = {}
    """The score files that its checker wrote."""


def limits_of_test(limits: PackageLimits, carried: int = 0) -> Limits:
    """What a test may use. CPU time reaches past the limit, so that a borderline run is seen as one.

    Sleepers are stopped by real time, which is generous: a busy host must not fail an honest program.
    ``carried`` bytes of files beside the input are not held against the program.
    """
    cpu_ms = limits.time_s * 1000 * BORDERLINE
    return Limits(
        cpu_ms=round(cpu_ms) + 1,
        wall_ms=round(cpu_ms * 2) + 1000,
        memory_bytes=(limits.memory_mib << 20) + carried,
        output_bytes=limits.output_mib << 20,
        tmp_bytes=(64 << 20) + carried,
    )


def grade_test(box: Box, program: Program, test: Test, limits: PackageLimits, checker: Checker) -> Graded:
    """Run a loaded program on a test and judge what it did.

    Raises BoxError where a box failed and OSError where the test's data is gone: neither is a verdict.
    """
    granted = limits_of_test(limits, test.file_bytes)
    command = program.command(granted, args=test.args, files=test.files())
    stdin = test.input()
    outcome = box.run(command, stdin)
    if _borderline(outcome, limits) or _starved(outcome):
        outcome = _better(outcome, box.run(command, stdin))
    verdict, why = run_verdict(outcome, limits, program, shown=test.shown, carried=test.file_bytes)
    checked = Checked(verdict=verdict, why=why)
    if verdict == Verdict.ACCEPTED:
        checked = checker.check(test, outcome.stdout)
    return graded(test, outcome, checked)


def graded(test: Test, outcome: Outcome, checked: Checked) -> Graded:
    """A test's grade, by what the submission used and what the checker found."""
    result = TestResult(
        name=test.name,
        verdict=checked.verdict,
        time_ms=round(outcome.cpu_ms, 2),
        wall_ms=round(outcome.wall_ms, 2),
        memory_kb=outcome.memory_kb,
        why=checked.why,
    )
    return Graded(result=result, message=checked.message, scores=checked.scores)


def run_verdict(
    outcome: Outcome, limits: PackageLimits, program: Program, *, shown: bool, carried: int = 0
) -> tuple[Verdict, str]:
    """(verdict, why) of how a run ended, before anyone looks at its output: accepted if it ended well.

    ``shown`` says whether the program's own words may be quoted; on a secret test they can hold its data.
    """
    over = _over_limit(outcome, limits, program, carried)
    if over is not None:
        return over
    if outcome.exit_code == 0 and outcome.signal is None:
        return Verdict.ACCEPTED, ""
    exhausted = program.language.entry.memory.exhausted
    if exhausted and exhausted.encode() in outcome.stderr:
        why = f"it ran out of memory ({exhausted}); the limit is {limits.memory_mib} MiB"
        return Verdict.MEMORY_LIMIT_EXCEEDED, why
    said = one_line(outcome.stderr, 200) if shown else ""
    return Verdict.RUNTIME_ERROR, f"it {ending(outcome)}" + (f" ({said})" if said else "")


def _over_limit(
    outcome: Outcome, limits: PackageLimits, program: Program, carried: int
) -> tuple[Verdict, str] | None:
    granted_kb = ((limits.memory_mib + program.language.entry.memory.overhead_mib) << 10) + (carried >> 10)
    if outcome.stopped == Stopped.OUTPUT:
        return Verdict.OUTPUT_LIMIT_EXCEEDED, f"it {outcome.why or f'wrote more than {limits.output_mib} MB'}"
    if outcome.stopped == Stopped.MEMORY or outcome.memory_kb > granted_kb:
        return Verdict.MEMORY_LIMIT_EXCEEDED, f"it needed more than {limits.memory_mib} MiB of memory"
    if outcome.stopped == Stopped.CPU or outcome.cpu_ms > limits.time_s * 1000:
        return Verdict.TIME_LIMIT_EXCEEDED, f"it used more than {amount(limits.time_s)} s of CPU time"
    if outcome.stopped == Stopped.WALL:
        ran = f"it ran for {amount(outcome.wall_ms / 1000)} s and used {amount(outcome.cpu_ms / 1000)} s"
        return Verdict.TIME_LIMIT_EXCEEDED, f"{ran} of CPU time: it waits or sleeps"
    return None


def _starved(outcome: Outcome) -> bool:
    """Whether real time ended a run that was computing: on a busy host that is no fault of the program."""
    return outcome.stopped == Stopped.WALL and outcome.cpu_ms > outcome.wall_ms * COMPUTING


def _better(first: Outcome, second: Outcome) -> Outcome:
    """The run that counts: one that ended by itself before one that was stopped, then the quicker."""
    return min(first, second, key=lambda outcome: (outcome.stopped != Stopped.NO, outcome.cpu_ms))


def _borderline(outcome: Outcome, limits: PackageLimits) -> bool:
    limit_ms = limits.time_s * 1000
    return outcome.stopped == Stopped.NO and limit_ms < outcome.cpu_ms <= limit_ms * BORDERLINE
