"""Holding what became of a submission against what its package expects of it."""

from judgeline.judging.grade import Graded
from judgeline.judging.packages.expectations import matches
from judgeline.judging.packages.package import Expectation, Package, Submission
from judgeline.judging.trace import Trace, best_score
from judgeline.judging.verdicts import TestResult, Verdict

_SLACK = 1e-6


class Holding:
    """One submission's expectations, while its tests run and when they have."""

    def __init__(self, submission: Submission, package: Package) -> None:
        self._submission = submission
        self._package = package
        # Scores, and the verdicts of a legacy package's groups, are known when all tests have run.
        self._to_the_end = package.kind.scoring or submission.partial
        self._open = list(submission.expectations)

    def decided(self, graded: Graded) -> bool:
        """Whether a test's grade, after those before it, leaves nothing open."""
        result = graded.result
        if self._submission.final:
            return result.verdict is not Verdict.ACCEPTED and not self._to_the_end
        mine = [one for one in self._submission.expectations if is_about(one, result.name)]
        if any(result.verdict not in one.permitted for one in mine):
            return True
        self._open = [one for one in self._open if one not in mine or not _is_met(one, graded)]
        return not self._open and not self._to_the_end

    def complaint(self, trace: Trace) -> str:
        """What is not as expected, e.g. "nothing is wrong_answer in secret/2-large"; "" if all is."""
        judgement = trace.judgement
        if judgement.verdict is Verdict.JUDGE_ERROR:
            return "the judge failed" if not judgement.why else judgement.why
        for expectation in self._submission.expectations:
            complaint = self._unmet(expectation, trace)
            if complaint:
                return complaint
        if self._submission.partial and judgement.score == best_score(self._package):
            return "it has the best score there is"
        return ""

    def _unmet(self, expectation: Expectation, trace: Trace) -> str:
        judgement = trace.judgement
        results = [result for result in judgement.tests if is_about(expectation, result.name)]
        where = f" in {expectation.tests}" if expectation.tests else ""
        verdicts = {result.verdict for result in results}
        if self._submission.final or not judgement.tests:
            verdicts = {judgement.verdict}
        for verdict in sorted(verdicts - expectation.permitted):
            return f"{verdict} is not expected{where}"
        if not verdicts & expectation.required:
            # Tests that the groups' rules left out were not accepted, but nobody knows what they are.
            return f"nothing is {' or '.join(sorted(expectation.required))}{where}"
        if expectation.message and not _said(expectation, results, trace):
            return f"no message to the judges holds {expectation.message[:80]!r}{where}"
        return _score_complaint(expectation, trace)


def is_about(expectation: Expectation, test: str) -> bool:
    """Whether an expectation is about a test of that name."""
    return not expectation.tests or matches(expectation.tests, test)


def _is_met(expectation: Expectation, graded: Graded) -> bool:
    """Whether this test shows all that the expectation wants to see, and nothing that it forbids can follow.

    Where an accepted test would do, any test would: then all must run, to see that each is permitted.
    """
    if Verdict.ACCEPTED in expectation.required or graded.result.verdict not in expectation.required:
        return False
    return expectation.message in graded.message


def _said(expectation: Expectation, results: list[TestResult], trace: Trace) -> bool:
    return any(expectation.message in trace.messages.get(result.name, "") for result in results)


def _score_complaint(expectation: Expectation, trace: Trace) -> str:
    if expectation.score is None:
        return ""
    low, high = expectation.score
    scores = {"": trace.judgement.score}
    if expectation.tests:
        scores = {
            name: group.score for name, group in trace.groups.items() if matches(expectation.tests, name)
        }
        if not scores:
            return f"no group is called {expectation.tests}"
    for name, score in scores.items():
        if score is None or not low - _SLACK <= score <= high + _SLACK:
            expected = f"{low:g}" if low == high else f"{low:g} to {high:g}"
            return f"the score{f' of {name}' if name else ''} is {score}, expected {expected}"
    return ""
