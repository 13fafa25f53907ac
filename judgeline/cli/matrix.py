"""The matrix of ``judgeline verify``: a line for each submission, a letter for each test."""

from collections.abc import Iterable, Sequence

from judgeline.judging.row import Row
from judgeline.judging.verdicts import Verdict

LETTERS = {
    Verdict.ACCEPTED: "A",
    Verdict.WRONG_ANSWER: "W",
    Verdict.TIME_LIMIT_EXCEEDED: "T",
    Verdict.MEMORY_LIMIT_EXCEEDED: "M",
    Verdict.OUTPUT_LIMIT_EXCEEDED: "O",
    Verdict.RUNTIME_ERROR: "R",
    Verdict.JUDGE_ERROR: "J",
}
NOT_RUN = "."
LEGEND = ", ".join(f"{letter} {verdict}" for verdict, letter in LETTERS.items()) + f", {NOT_RUN} not run"


def matrix(rows: Iterable[Row], tests: Sequence[str]) -> list[str]:
    """The lines: names to the left, letters in the order of the tests, with a space between folders."""
    shown = [row for row in rows if row.tests]
    width = max((len(row.name) for row in shown), default=0)
    lines = []
    for row in shown:
        letters = {result.name: LETTERS.get(result.verdict, "?") for result in row.tests}
        line, folder = "", ""
        for test in tests:
            above = test.rpartition("/")[0]
            line += " " if line and above != folder else ""
            line += letters.get(test, NOT_RUN)
            folder = above
        lines.append(f"{row.name:<{width}}  {line}")
    return lines
