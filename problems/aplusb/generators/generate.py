#!/usr/bin/env python3
"""Write data/ anew: the same bytes every time."""

import random
import subprocess
import sys
from pathlib import Path

PACKAGE = Path(__file__).resolve().parent.parent
SOLUTION = PACKAGE / "submissions" / "accepted" / "sum.py"
LIMIT = 10**18


def number(source: random.Random, low: int, high: int) -> int:
    """A number of low..high; from random() alone, the one method that Python promises never to change."""
    return low + int(source.random() * (high - low + 1))


def cases() -> dict[str, tuple[int, int, str]]:
    """Path of the test under data/ -> a, b and what the test is for."""
    source = random.Random(20250101)
    return {
        "sample/1": (2, 3, "two small numbers"),
        "sample/2": (-7, 4, "one of them below zero"),
        "secret/01-zeros": (0, 0, "nothing and nothing"),
        "secret/02-opposite": (999_999_937, -999_999_937, "the sum is zero, the numbers are not"),
        "secret/03-two-digits": (number(source, 10, 99), number(source, 10, 99), "random, two digits"),
        "secret/04-below-zero": (
            -number(source, 10**5, 10**6),
            -number(source, 10**5, 10**6),
            "both negative",
        ),
        "secret/05-past-32-bits": (2**31 - 1, 1, "the first sum that a 32-bit integer cannot hold"),
        "secret/06-below-32-bits": (-(2**31), -1, "the same on the other side"),
        "secret/07-past-unsigned-32-bits": (2**32 - 1, 1, "unsigned 32-bit integers do not help"),
        "secret/08-past-double": (2**53, 1, "2^53 + 1: the first integer that a double cannot hold"),
        "secret/09-odd-digits": (123_456_789_012_345_679, 1, "the last digits matter"),
        "secret/10-random-large": (
            -number(source, 10**16, 10**17),
            number(source, 10**16, 10**17),
            "random, large",
        ),
        "secret/11-largest": (LIMIT, LIMIT, "both at the upper limit"),
        "secret/12-smallest": (-LIMIT, -LIMIT, "both at the lower limit"),
        "secret/13-largest-opposite": (LIMIT, -LIMIT, "both limits at once"),
    }


def main() -> None:
    """Write every test with its answer and its description."""
    for path, (a, b, description) in cases().items():
        base = PACKAGE / "data" / path
        base.parent.mkdir(parents=True, exist_ok=True)
        text = f"{a} {b}\n".encode()
        answer = subprocess.run(
            [sys.executable, SOLUTION], input=text, stdout=subprocess.PIPE, check=True
        ).stdout
        base.with_name(base.name + ".in").write_bytes(text)
        base.with_name(base.name + ".ans").write_bytes(answer)
        base.with_name(base.name + ".desc").write_text(description + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
