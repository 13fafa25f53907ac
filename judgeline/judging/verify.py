"""Holding a package against itself: its submissions against what is expected, its inputs against validators.

A submission is run until a verdict it must have has been seen, or one it must not have: quick, and as strict
as the format's rules for the tests that ran.
"""

import math
from collections.abc import Callable, Iterator

import msgspec

from judgeline.judging.checkers import ACCEPTED, build_checker, validation_limits
from judgeline.judging.compile import source_fault
from judgeline.judging.errors import BoxError, CheckerError, LanguageError
from judgeline.judging.judge import Judge
from judgeline.judging.packages.metadata import MOST_SECONDS
from judgeline.judging.packages.package import Package, ProgramSource, Submission
from judgeline.judging.program import Sources, language_of
from judgeline.judging.python2 import sign_of_python_2
from judgeline.judging.verdicts import Judgement, Progress, TestResult, Verdict
from judgeline.judging.words import ending, one_line

HELD, SURPRISE, SKIPPED = "held", "surprise", "skipped"
VerifyProgress = Callable[[str, Progress], None]
"""Told what is being checked (a row's name) and how far it is."""


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the matrix."""

    kind: str
    """"submission", "input_validator" or "package"."""
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


def verify(package: Package, judge: Judge, *, progress: VerifyProgress | None = None) -> Iterator[Row]:
    """Try everything a package can be checked by, row after row; a row of state "surprise" means: mend it.

    Raises SandboxError where no box can be had; ``progress`` may raise to abort.
    """
    tell = progress or _silent
    for warning in package.warnings:
        yield Row(kind="package", name=package.slug, state=SKIPPED, why=warning)
    if package.limits.time_from == "default":
        row, package = _with_time_limit(package, judge, tell)
        yield row
    for validator in package.input_validators:
        yield _validate_inputs(package, judge, validator, tell)
    for submission in package.submissions:
        yield _try_submission(package, judge, submission, tell)


def derive_time_limit(package: Package, judge: Judge, *, progress: VerifyProgress | None = None) -> float:
    """The time limit in seconds that the package's accepted submissions ask for.

    Slowest accepted submission x multiplier, rounded up to the resolution (legacy: x 5, whole seconds;
    2025-09: as ``limits`` says). Raises CheckerError where no accepted submission could be timed.
    """
    tell = progress or _silent
    generous = msgspec.structs.replace(package.limits, time_s=float(min(MOST_SECONDS, 60)))
    roomy = msgspec.structs.replace(package, limits=generous)
    slowest = 0.0
    for submission in package.submissions:
        if submission.required == {Verdict.ACCEPTED}:
            row = _try_submission(roomy, judge, submission, tell)
            slowest = max(slowest, row.time_ms / 1000 if row.state == HELD else 0.0)
    if not slowest:
        raise CheckerError(f"{package.slug}: no accepted submission could be timed here")
    step = package.limits.time_resolution_s
    return max(step, math.ceil(slowest * package.limits.time_multiplier / step) * step)


def _with_time_limit(package: Package, judge: Judge, tell: VerifyProgress) -> tuple[Row, Package]:
    row = Row(kind="package", name="time limit", state=SKIPPED, expected="a time limit in the package")
    try:
        seconds = derive_time_limit(package, judge, progress=tell)
    except CheckerError as error:
        return msgspec.structs.replace(row, why=str(error)), package
    why = f"{seconds:g} s by the slowest accepted submission; to judge by it, write it into .timelimit"
    limits = msgspec.structs.replace(package.limits, time_s=seconds, time_from="derived")
    return msgspec.structs.replace(row, got=f"{seconds:g} s", why=why), msgspec.structs.replace(
        package, limits=limits
    )


def _try_submission(package: Package, judge: Judge, submission: Submission, tell: VerifyProgress) -> Row:
    row = Row(kind="submission", name=submission.name, state=SKIPPED, expected=submission.expected)
    try:
        files = submission.source.files()
        language = judge.languages.find(language_of(list(files), judge.languages.all()).id)
        sources = Sources.of_files(language, files)
    except (ValueError, LanguageError, OSError) as error:
        return msgspec.structs.replace(row, why=str(error))
    for name, content in files.items():
        sign = sign_of_python_2(content) if name.endswith(".py") else ""
        if sign:
            return msgspec.structs.replace(row, why=f"looks like Python 2 ({sign}), which is not judged here")
        fault = source_fault(content, package.limits.code_kib << 10)
        if fault:
            return msgspec.structs.replace(
                row, state=SURPRISE, language=language.label, why=f"{name}: {fault}"
            )

    def decided(verdict: Verdict) -> bool:
        if submission.final:
            return verdict != Verdict.ACCEPTED
        return verdict not in submission.permitted or verdict in submission.required - {Verdict.ACCEPTED}

    trace = judge.trace(
        package, language, sources, progress=lambda done: tell(submission.name, done), stop=decided
    )
    judgement = trace.judgement
    return Row(
        kind="submission",
        name=submission.name,
        state=HELD if _is_held(submission, judgement) else SURPRISE,
        expected=submission.expected,
        got=judgement.verdict,
        language=language.label,
        tests=judgement.tests,
        tests_total=judgement.tests_total,
        messages=trace.messages,
        time_ms=judgement.time_ms,
        memory_kb=judgement.memory_kb,
        why=judgement.why,
    )


def _is_held(submission: Submission, judgement: Judgement) -> bool:
    verdicts = {result.verdict for result in judgement.tests}
    if submission.final or not verdicts or judgement.verdict == Verdict.JUDGE_ERROR:
        verdicts = {judgement.verdict}
    return verdicts <= submission.permitted and bool(verdicts & submission.required)


def _validate_inputs(package: Package, judge: Judge, validator: ProgramSource, tell: VerifyProgress) -> Row:
    row = Row(
        kind="input_validator",
        name=validator.name,
        state=SKIPPED,
        expected=f"exit code {ACCEPTED} for every input",
        tests_total=len(package.tests),
    )
    if any(name.endswith((".ctd", ".viva")) for name in validator.paths):
        return msgspec.structs.replace(row, why="Checktestdata and VIVA are not supported")
    refused: list[str] = []
    try:
        program = build_checker(validator, package.limits, judge.sandbox, judge.languages)
        with program.open_box(judge.sandbox) as box:
            box.load(program.files)
            for number, test in enumerate(package.tests, 1):
                named = test.input_validator_args
                args = named.get(_short(validator), named.get("", ()))
                command = program.command(validation_limits(package.limits), args=[*args, *test.args])
                outcome = box.run(command, test.input())
                if outcome.exit_code != ACCEPTED:
                    said = one_line(outcome.stderr + outcome.stdout, 200)
                    refused.append(f"{test.name}: it {ending(outcome)}" + (f" ({said})" if said else ""))
                tell(validator.name, Progress(stage="testing", test=number, tests_total=len(package.tests)))
    except (CheckerError, BoxError, OSError) as error:
        return msgspec.structs.replace(row, state=SURPRISE, why=str(error))
    if refused:
        why = "; ".join(refused[:5]) + (f"; and {len(refused) - 5} more" if len(refused) > 5 else "")
        return msgspec.structs.replace(row, state=SURPRISE, got=f"{len(refused)} refused", why=why)
    return msgspec.structs.replace(row, state=HELD, got=f"{len(package.tests)} accepted")


def _short(program: ProgramSource) -> str:
    """The name by which settings call a validator: its file or folder, without the ending."""
    return program.name.rpartition("/")[2].partition(".")[0]


def _silent(_name: str, _progress: Progress) -> None:
    """Nobody listens."""
