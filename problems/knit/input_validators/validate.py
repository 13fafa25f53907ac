#!/usr/bin/env python3
"""Exit 42 if standard input keeps every promise of the statement, another status otherwise.

With the argument ``correct`` or ``mistake``, which the test groups give, the row must be of that kind as well.
"""

import re
import sys

SIMPLE_ROW = re.compile(r"I(?: I)*")
LIMIT = 10**18


def is_correct(row: str) -> bool:
    """Replace items by the letter I from the inside out until nothing changes; unlike any solution on purpose."""
    row = re.sub(r"[kp](?:[1-9][0-9]*)?", "I", row)
    while True:
        shorter = re.sub(r"\(I(?: I)*\)(?:[1-9][0-9]*)?", "I", row)
        if shorter == row:
            return SIMPLE_ROW.fullmatch(row) is not None
        row = shorter


def stitches(row: str, kind: str) -> int:
    """The number of ``kind`` in a correct row."""
    open_rows = [[0]]
    for token in re.findall(r"[kp()]|[0-9]+", row):
        if token == "(":
            open_rows.append([])
        elif token == ")":
            inner = sum(open_rows.pop())
            open_rows[-1].append(inner)
        elif token in "kp":
            open_rows[-1].append(int(token == kind))
        else:
            open_rows[-1][-1] *= int(token)
    return sum(open_rows[0])


def main() -> None:
    """Check one input."""
    text = sys.stdin.buffer.read(4096).decode("ascii")
    if re.fullmatch(r"[kp0-9()]([kp0-9() ]{0,998}[kp0-9()])?\n", text) is None:
        sys.exit("the input is not one line of the right length and characters")
    row = text[:-1]
    if re.search(r"[0-9]{10}", row) is not None:
        sys.exit("too many digits in a row")
    correct = is_correct(row)
    if correct and max(stitches(row, "k"), stitches(row, "p")) > LIMIT:
        sys.exit("too many stitches")
    if sys.argv[1:] and sys.argv[1:] != ["correct" if correct else "mistake"]:
        sys.exit(f"the row is in the wrong group: {sys.argv[1]}")
    sys.exit(42)


main()
