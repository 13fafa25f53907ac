#!/usr/bin/env python3
"""The checker: ``split.py input answer feedback_dir/ < output``; exits 42 for a right answer and 43 for a wrong one.

It weighs the loads itself, so any best way to load the vans is right. It takes the smallest difference from the
answer file; an output that does better shows that the answer file is wrong, and that is no verdict: it exits 1.
"""

import re
import sys
from pathlib import Path
from typing import NoReturn

ACCEPTED, WRONG, BROKEN = 42, 43, 1
LONGEST_OUTPUT = 1 << 20


def finish(feedback: Path, code: int, message: str) -> NoReturn:
    """Leave the reason to the judges and end."""
    with (feedback / "judgemessage.txt").open("a", encoding="utf-8") as file:
        file.write(message + "\n")
    sys.exit(code)


def main() -> None:
    """Judge one output."""
    input_path, answer_path, feedback = (Path(argument) for argument in sys.argv[1:4])
    count, *weights = (int(word) for word in input_path.read_bytes().split())
    best = int(answer_path.read_bytes().split()[0])

    output = sys.stdin.buffer.read(LONGEST_OUTPUT + 1)
    if len(output) > LONGEST_OUTPUT:
        finish(feedback, WRONG, "the output is far too long")
    words = output.split()
    if len(words) != 2:
        finish(feedback, WRONG, f"two words expected, {len(words)} given")
    claimed, vans = words
    if re.fullmatch(rb"[0-9]{1,9}", claimed) is None:
        finish(feedback, WRONG, "the first word is not a number of grams")
    if re.fullmatch(rb"[AB]+", vans) is None:
        finish(feedback, WRONG, "the second word has other letters than A and B")
    if len(vans) != count:
        finish(feedback, WRONG, f"{count} parcels to load, {len(vans)} loaded")

    difference = abs(sum(weight if van == ord("A") else -weight for weight, van in zip(weights, vans)))
    if difference < best:
        finish(feedback, BROKEN, f"the answer file says {best}, but the output reaches {difference}")
    if int(claimed) != difference:
        finish(feedback, WRONG, f"the output claims {int(claimed)}, but its loads differ by {difference}")
    if difference > best:
        finish(feedback, WRONG, f"the loads differ by {difference}, {best} is possible")
    finish(feedback, ACCEPTED, f"the loads differ by {difference}")


if __name__ == "__main__":
    main()
