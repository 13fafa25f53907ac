"""Holding a package against itself: its submissions against what is expected, its inputs against validators.

A submission is run until a verdict it must have has been seen, or one it must not have: quick, and as strict
as the format's rules for the tests that ran.
"""

import math
from collections.abc import Iterator

import msgspec

from judgeline.judging.compile import source_fault
from judgeline.judging.errors import CheckerError, LanguageError
from judgeline.judging.expected import Holding, is_about
from judgeline.judging.grade import Graded
from judgeline.judging.judge import Judge
from judgeline.judging.packages.metadata import LEGACY, MOST_SECONDS
from judgeline.judging.packages.package import Expectation, Package, Submission
from judgeline.judging.program import Sources, language_of
from judgeline.judging.python2 import sign_of_python_2
from judgeline.judging.row import HELD, SKIPPED, SURPRISE, Row, VerifyProgress
from judgeline.judging.validation import check_inputs, check_outputs
from judgeline.judging.verdicts import Judgement, Progress, Verdict


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
    yield from check_inputs(package, judge, tell)
    yield from check_outputs(package, judge, tell)
    for submission in package.submissions:
        yield _try_submission(package, judge, submission, tell)


def derive_time_limit(package: Package, judge: Judge, *, progress: VerifyProgress | None = None) -> float:
    """The time limit in seconds that the package's submissions ask for.

    The slowest of them that must not be too slow, x multiplier, rounded up to the resolution (legacy: the
    accepted ones, x 5, whole seconds; 2025-09: as ``limits`` and ``submissions.yaml`` say). Raises
    CheckerError where none could be timed.
    """
    tell = progress or _silent
    generous = msgspec.structs.replace(package.limits, time_s=float(min(MOST_SECONDS, 60)))
    roomy = msgspec.structs.replace(package, limits=generous)
    slowest = 0.0
    for submission in package.submissions:
        timed = [one for one in submission.expectations if _limits_time(one, submission, package)]
        if timed:
            row = _try_submission(roomy, judge, submission, tell, everything=True)
            times = [
                test.time_ms / 1000
                for test in row.tests
                if row.state == HELD and any(is_about(one, test.name) for one in timed)
            ]
            slowest = max([slowest, *times])
    if not slowest:
        raise CheckerError(f"{package.slug}: no accepted submission could be timed here")
    step = package.limits.time_resolution_s
    return max(step, math.ceil(slowest * package.limits.time_multiplier / step) * step)


def _limits_time(expectation: Expectation, submission: Submission, package: Package) -> bool:
    if expectation.limits_time is not None:
        return expectation.limits_time
    if package.format == LEGACY or submission.final:
        return expectation.required == {Verdict.ACCEPTED}
    return Verdict.TIME_LIMIT_EXCEEDED not in expectation.permitted | expectation.required


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


def _try_submission(
    package: Package, judge: Judge, submission: Submission, tell: VerifyProgress, *, everything: bool = False
) -> Row:
    row = Row(kind="submission", name=submission.name, state=SKIPPED, expected=submission.expected)
    try:
        files = submission.source.files()
        named = submission.language or language_of(list(files), judge.languages.all()).id
        language = judge.languages.find(named)
        sources = _entered(Sources.of_files(language, files, renamed=not package.includes), submission)
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

    held = Holding(submission, package)
    trace = judge.trace(
        package,
        language,
        sources,
        progress=lambda done: tell(submission.name, done),
        stop=_never if everything else held.decided,
    )
    judgement = trace.judgement
    complaint = held.complaint(trace)
    return Row(
        kind="submission",
        name=submission.name,
        state=SURPRISE if complaint else HELD,
        expected=submission.expected,
        got=_got(judgement),
        language=language.label,
        tests=judgement.tests,
        tests_total=judgement.tests_total,
        messages=trace.messages,
        time_ms=judgement.time_ms,
        memory_kb=judgement.memory_kb,
        why="; ".join(filter(None, (complaint, judgement.why))),
    )


def _entered(sources: Sources, submission: Submission) -> Sources:
    """Started where the package says. Raises ValueError where that is not in it."""
    if not submission.entrypoint:
        return sources
    if sources.main_class:
        return msgspec.structs.replace(sources, main_class=submission.entrypoint)
    if submission.entrypoint not in sources.files:
        raise ValueError(f"its entrypoint {submission.entrypoint[:80]} is none of its files")
    return msgspec.structs.replace(sources, entry=submission.entrypoint)


def _got(judgement: Judgement) -> str:
    if judgement.score is None:
        return judgement.verdict
    best = "" if judgement.max_score is None else f" of {judgement.max_score:g}"
    return f"{judgement.verdict}, {judgement.score:g}{best} points"


def _silent(_name: str, _progress: Progress) -> None:
    """Nobody listens."""


def _never(_graded: Graded) -> bool:
    """Every test runs."""
    return False
