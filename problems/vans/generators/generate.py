#!/usr/bin/env python3
"""Write data/ anew: the same bytes every time."""

import random
import subprocess
import sys
from pathlib import Path

PACKAGE = Path(__file__).resolve().parent.parent
SOLUTION = PACKAGE / "submissions" / "accepted" / "rows.py"
MOST_PARCELS = 300
MOST_WEIGHT = 2_000_000


def number(source: random.Random, low: int, high: int) -> int:
    """A number of low..high; from random() alone, the one method that Python promises never to change."""
    return low + int(source.random() * (high - low + 1))


def numbers(source: random.Random, count: int, low: int, high: int) -> list[int]:
    """``count`` weights of low..high each."""
    return [number(source, low, high) for _ in range(count)]


def cases() -> dict[str, tuple[list[int], str]]:
    """Path of the test under data/ -> weights and what the test is for."""
    source = random.Random(20250103)
    heavy = numbers(source, MOST_PARCELS - 1, 6_000, 7_000)
    return {
        "sample/1": ([8, 7, 6, 5, 4], "the loads can be equal: 8 + 7 against 6 + 5 + 4"),
        "sample/2": ([10, 1, 2], "one parcel outweighs the others"),
        "secret/01-one": ([1], "one parcel, one van stays empty"),
        "secret/02-one-heaviest": ([MOST_WEIGHT], "one parcel as heavy as allowed"),
        "secret/03-two-equal": ([500, 500], "two equal parcels"),
        "secret/04-greedy-fails": (
            [3, 3, 2, 2, 2],
            "the heaviest first into the lighter van gives 2, 0 is possible",
        ),
        "secret/05-odd-total": ([4, 6, 10, 1], "an odd total cannot be halved"),
        "secret/06-powers": ([2**step for step in range(17)], "powers of two: no two sums are equal"),
        "secret/07-few": (numbers(source, 12, 1, 1000), "random, few"),
        "secret/08-even-and-one": (
            [2 * w for w in numbers(source, 40, 1, 20)] + [1],
            "one odd among even weights",
        ),
        "secret/09-all-equal": ([7] * 299, "equal weights, an odd number of them"),
        "secret/10-giant-last": (
            numbers(source, 100, 1, 50) + [1_500_000],
            "the last parcel outweighs all others",
        ),
        "secret/11-threes": ([3 * w for w in numbers(source, 30, 500, 900)], "sums lie thinly"),
        "secret/12-all-ones": ([1] * MOST_PARCELS, "as many as allowed, as light as possible"),
        "secret/13-heavy": (heavy + [6_000], "random, many and heavy"),
        "secret/14-heaviest": (
            [MOST_WEIGHT // MOST_PARCELS] * 298 + [6_667, 6_667 - 1],
            "nearly the largest total",
        ),
        "secret/15-wide": (
            numbers(source, 280, 1, 300) + numbers(source, 20, 50_000, 95_000),
            "light and heavy parcels mixed",
        ),
        "secret/16-coins": ([20_011] * 49 + [19_997] * 50, "two heavy weights only"),
    }


def main() -> None:
    """Write every test with its answer and its description."""
    for path, (weights, description) in cases().items():
        base = PACKAGE / "data" / path
        base.parent.mkdir(parents=True, exist_ok=True)
        text = f"{len(weights)}\n{' '.join(map(str, weights))}\n".encode()
        answer = subprocess.run(
            [sys.executable, SOLUTION], input=text, stdout=subprocess.PIPE, check=True
        ).stdout
        base.with_name(base.name + ".in").write_bytes(text)
        base.with_name(base.name + ".ans").write_bytes(answer)
        base.with_name(base.name + ".desc").write_text(description + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
