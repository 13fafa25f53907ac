"""From the grades of a submission's tests to its judgement."""

import math

import msgspec

from judgeline.judging.compile import Build
from judgeline.judging.grade import Graded
from judgeline.judging.languages import Language
from judgeline.judging.packages.package import Package
from judgeline.judging.scoring import Grading, tidy
from judgeline.judging.verdicts import GroupResult, Judgement, TestResult, Verdict


class Trace(msgspec.Struct, frozen=True, kw_only=True):
    """A judgement with what only the package's authors may see."""

    judgement: Judgement
    messages: dict[str, str] = {}
    """Test -> what its checker wrote for the judges."""
    groups: dict[str, GroupResult] = {}
    """Every group by its name ("" is the submission); empty where it was not judged to the end."""


def refused(package: Package, language: Language, built: Build) -> Judgement:
    """The judgement of a source that did not compile."""
    return Judgement(
        verdict=Verdict.COMPILE_ERROR,
        tests_total=len(package.tests),
        compile_output=built.output,
        language=language.label,
        why=built.why,
    )


def summary(
    package: Package, language: Language, built: Build, grades: list[Graded], end: Grading | str
) -> Trace:
    """The judgement, and what stays with the authors; ``end`` is the grading, or why the judge failed."""
    results = [graded.result for graded in grades]
    verdicts = [result.verdict for result in results]
    failed = next((verdict for verdict in verdicts if verdict is not Verdict.ACCEPTED), Verdict.ACCEPTED)
    broken = Verdict.JUDGE_ERROR in verdicts
    whole = None if isinstance(end, str) or broken else end.result
    if isinstance(end, str):
        verdict, why = Verdict.JUDGE_ERROR, end
    else:
        verdict = Verdict.JUDGE_ERROR if broken else failed
        if whole is not None and whole.verdict is not None:
            verdict = whole.verdict
        why = _why(results, verdict)
    groups = {} if whole is None or isinstance(end, str) else end.groups
    judgement = Judgement(
        verdict=verdict,
        tests=results,
        tests_total=len(package.tests),
        time_ms=max((result.time_ms for result in results), default=0),
        memory_kb=max((result.memory_kb for result in results), default=0),
        time_limit_ms=package.limits.time_s * 1000,
        memory_limit_kb=package.limits.memory_mib << 10,
        compile_output=built.output,
        language=language.label,
        why=why,
    )
    if whole is not None and package.kind.scoring:
        judgement = msgspec.structs.replace(
            judgement,
            score=tidy(whole.score),
            max_score=best_score(package),
            groups=_shown_groups(package, groups),
        )
    messages = {graded.result.name: graded.message for graded in grades if graded.message}
    return Trace(judgement=judgement, messages=messages, groups=groups)


def _why(results: list[TestResult], verdict: Verdict) -> str:
    """The first test that shows the verdict, and why it does."""
    shown = next((result for result in results if result.verdict is verdict), None)
    if shown is None or verdict is Verdict.ACCEPTED:
        return ""
    return f"{shown.name}: {shown.why}" if shown.why else shown.name


def with_score(graded: Graded, grading: Grading, package: Package) -> Graded:
    """Tell the grading of a test; the grade comes back with its score where the problem has scores.

    Raises ScoreError where what its checker wrote breaks the rules.
    """
    score = grading.tell(graded.result.verdict, graded.scores)
    if not package.kind.scoring or graded.result.name.startswith("sample/"):
        return graded
    result = msgspec.structs.replace(graded.result, score=score)
    return msgspec.structs.replace(graded, result=result)


def best_score(package: Package) -> float | None:
    """The best score there is, if there is one: of secret (2025-09), of the range of all data (legacy)."""
    group = package.root
    if group.score == "secret":
        group = next(inner for inner in group.groups() if inner.name == "secret")
    best = group.low if package.kind.lower_is_better else group.high
    return None if math.isinf(best) else best


def _shown_groups(package: Package, groups: dict[str, GroupResult]) -> list[GroupResult]:
    """The groups within secret, in their order, unless the package keeps them to itself."""
    if not package.kind.show_groups:
        return []
    names = [group.name for group in package.root.groups() if group.name.startswith("secret/")]
    return [groups.get(name) or GroupResult(name=name) for name in names]
