"""From the tests' verdicts to a submission's result, by the groups' rules; and which tests must run for it.

Pure: it is told what became of each test, and says which comes next.
"""

import math
from collections.abc import Generator, Mapping, Sequence

import msgspec

from judgeline.judging.errors import ScoreError
from judgeline.judging.packages.groups import (
    AT_REJECTION,
    AT_ZERO,
    IGNORED,
    MUST,
    REFUSED,
    Group,
    Points,
)
from judgeline.judging.packages.rules import number
from judgeline.judging.verdicts import GroupResult, Verdict

SCORE, MULTIPLIER = "score.txt", "score_multiplier.txt"
_SLACK = 1e-9
"""Relative; sums of thirds are no whole numbers."""
_DIGITS = 6

_WORST = (
    Verdict.JUDGE_ERROR,
    Verdict.COMPILE_ERROR,
    Verdict.RUNTIME_ERROR,
    Verdict.MEMORY_LIMIT_EXCEEDED,
    Verdict.TIME_LIMIT_EXCEEDED,
    Verdict.OUTPUT_LIMIT_EXCEEDED,
    Verdict.WRONG_ANSWER,
)


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """What a test or a group came to."""

    name: str
    verdict: Verdict | None
    """None: it was not run, which is not accepted."""
    score: float = 0


Walk = Generator[tuple[str, Points], Result, Result]


class Grading:
    """One submission's way through its tests. ``next`` is the test to run, None when there is none left.

    With ``everything`` the tests that the result does not need are asked for, too; the result is the same.
    """

    def __init__(self, root: Group, *, everything: bool = False) -> None:
        self.groups: dict[str, GroupResult] = {}
        self.result: Result | None = None
        self.next: str | None = None
        self._points = Points()
        self._everything = everything
        self._walk = self._through(root)
        self._advance(None)

    def tell(self, verdict: Verdict, files: Mapping[str, bytes]) -> float:
        """Say what became of the test ``next``, with its checker's score files; gives the test's score.

        Raises ScoreError where the files, or what they make of a group, break the rules.
        """
        if self.next is None:
            raise ValueError("every test has been told")
        try:
            score = test_score(self._points, verdict, files)
            self._advance(Result(name=self.next, verdict=verdict, score=score))
        except ScoreError as error:
            raise ScoreError(f"{self.next}: {error}") from error
        return tidy(score)

    def _advance(self, told: Result | None) -> None:
        try:
            self.next, self._points = next(self._walk) if told is None else self._walk.send(told)
        except StopIteration as end:
            self.next, self.result = None, end.value

    def _through(self, group: Group) -> Walk:
        results: list[Result] = []
        unmet = [name for name in group.requires if not self._passed(name)]
        stopped = bool(unmet)
        if not stopped or self._everything:
            for member in group.members:
                if isinstance(member, str):
                    result = yield member, group.points
                else:
                    result = yield from self._through(member)
                if not stopped:
                    results.append(result)
                    stopped = _stops(group, result)
                if stopped and not self._everything:
                    break
        whole = Result(name=group.name, verdict=None) if unmet else aggregate(group, results)
        self.groups[group.name] = GroupResult(
            name=group.name,
            verdict=whole.verdict,
            score=tidy(whole.score),
            max_score=None if math.isinf(group.high) else group.high,
            why=f"not run: it needs {' and '.join(unmet)}" if unmet else "",
        )
        return whole

    def _passed(self, name: str) -> bool:
        """Whether a group that came before was accepted; one without a test is."""
        return name not in self.groups or self.groups[name].verdict is Verdict.ACCEPTED


def test_score(points: Points, verdict: Verdict, files: Mapping[str, bytes]) -> float:
    """The score of one test, from its verdict and what its checker wrote. Raises ScoreError."""
    accepted = verdict is Verdict.ACCEPTED
    given = [name for name in (SCORE, MULTIPLIER) if name in files]
    usual = points.accepted if accepted else points.rejected
    if points.files == IGNORED:
        return usual
    if points.of_rejected:
        return _number(SCORE, files[SCORE]) if SCORE in files else usual
    if given and points.files == REFUSED:
        raise ScoreError(f"the checker wrote {given[0]}, but the tests of this group have no scores")
    if given and not accepted:
        raise ScoreError(f"the checker wrote {given[0]}, but did not accept the output")
    if len(given) > 1:
        raise ScoreError(f"the checker wrote both {SCORE} and {MULTIPLIER}")
    if not accepted:
        return usual
    if points.files == MUST and given != [SCORE]:
        raise ScoreError(f"the checker wrote no {SCORE}, and the test has no score of its own")
    if not given:
        return usual
    value = _number(given[0], files[given[0]])
    most = 1.0 if given == [MULTIPLIER] else points.most
    if not points.least <= value <= most * (1 + _SLACK):
        raise ScoreError(f"the checker gave {value:g} in {given[0]}, which is not from 0 to {most:g}")
    return value * points.most if given == [MULTIPLIER] else value


def aggregate(group: Group, results: Sequence[Result]) -> Result:
    """What a group's members make, those that ran, in order. Raises ScoreError for a score out of bounds."""
    counted = [result for result in results if result.name == "secret"] if group.only_secret else results
    verdict = _verdict(group, counted)
    score = _score(group, counted, accepted=verdict is Verdict.ACCEPTED)
    slack = _SLACK * max(1.0, abs(score))
    if not group.low - slack <= score <= group.high + slack and _counts(group, verdict):
        where = f"the group {group.name}" if group.name else "the submission"
        raise ScoreError(f"{where} scores {score:g}, which is not from {group.low:g} to {group.high:g}")
    return Result(name=group.name, verdict=verdict, score=score if _counts(group, verdict) else 0.0)


def tidy(score: float) -> float:
    """A score without the crumbs of its sums."""
    return round(score, _DIGITS) + 0.0


def _counts(group: Group, verdict: Verdict | None) -> bool:
    return group.keeps_rejected or verdict is Verdict.ACCEPTED


def _verdict(group: Group, results: Sequence[Result]) -> Verdict | None:
    verdicts = [result.verdict for result in results]
    if group.verdict == "always_accept" or (group.any_accepted and Verdict.ACCEPTED in verdicts):
        return Verdict.ACCEPTED
    failures = [verdict for verdict in verdicts if verdict is not None and verdict is not Verdict.ACCEPTED]
    if not failures:
        return None if None in verdicts else Verdict.ACCEPTED
    return failures[0] if group.verdict == "first_error" else min(failures, key=_WORST.index)


def _score(group: Group, results: Sequence[Result], *, accepted: bool) -> float:
    scores = [result.score for result in results]
    match group.score:
        case "all":
            return group.high if accepted and not math.isinf(group.high) else 0.0
        case "secret":
            return math.fsum(result.score for result in results if result.name == "secret")
        case "min":
            return min(scores, default=0.0)
        case "max":
            return max(scores, default=0.0)
        case "avg":
            return math.fsum(scores) / len(scores) if scores else 0.0
    return math.fsum(scores)


def _stops(group: Group, result: Result) -> bool:
    if result.verdict is Verdict.ACCEPTED or (group.only_secret and result.name == "sample"):
        return False
    return group.stop == AT_REJECTION or (group.stop == AT_ZERO and result.score == 0)


def _number(name: str, content: bytes) -> float:
    value = number(content.decode(errors="replace").strip())
    if value is None:
        raise ScoreError(f"the checker's {name} holds no number")
    return value
