#!/usr/bin/env python3
# @EXPECTED_RESULTS@: TIMELIMIT
# Knits stitch by stitch and counts them one by one.
def knit(row, at):
    """Give the stitches of the row from ``at`` to its end, and where that is; raises ValueError at a mistake."""
    totals = {"k": 0, "p": 0}
    while True:
        letter = row[at]
        if letter == "(":
            inner, at = knit(row, at + 1)
            if row[at] != ")":
                raise ValueError(row)
        elif letter in totals:
            inner = {"k": 0, "p": 0, letter: 1}
        else:
            raise ValueError(row)
        at += 1
        digits = ""
        while row[at].isdigit():
            digits += row[at]
            at += 1
        if digits.startswith("0"):
            raise ValueError(row)
        for _ in range(int(digits or 1)):
            for stitch in "kp":
                for _ in range(inner[stitch]):
                    totals[stitch] += 1
        if row[at] != " ":
            return totals, at
        at += 1


row = input() + "\n"
try:
    totals, at = knit(row, 0)
    print("mistake" if row[at] != "\n" else f"{totals['k']} {totals['p']}")
except ValueError:
    print("mistake")
