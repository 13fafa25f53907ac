#!/usr/bin/env python3
"""Write data/ anew: the same bytes every time."""

import math
import random
import subprocess
import sys
from pathlib import Path

PACKAGE = Path(__file__).resolve().parent.parent
SOLUTION = PACKAGE / "submissions" / "accepted" / "hull.py"
LIMIT = 10**6

Pole = tuple[int, int]


def number(source: random.Random, low: int, high: int) -> int:
    """A number of low..high; from random() alone, the one method that Python promises never to change."""
    return low + int(source.random() * (high - low + 1))


def scattered(source: random.Random, count: int, radius: int, size: int) -> list[Pole]:
    """``count`` poles that do not overlap, anywhere in the square of -size..size."""
    poles: list[Pole] = []
    while len(poles) < count:
        x, y = number(source, -size, size), number(source, -size, size)
        if all((x - a) ** 2 + (y - b) ** 2 >= 4 * radius * radius for a, b in poles):
            poles.append((x, y))
    return poles


def mixed(source: random.Random, poles: list[Pole]) -> list[Pole]:
    """The same poles in a random order."""
    return [pole for _, pole in sorted((source.random(), pole) for pole in poles)]


def circle(count: int, size: int) -> list[Pole]:
    """Poles around the origin, every one of them (but for rounding) a corner of the rope."""
    turns = [2 * math.pi * step / count for step in range(count)]
    return [(round(size * math.cos(turn)), round(size * math.sin(turn))) for turn in turns]


def cases() -> dict[str, tuple[int, list[Pole], str]]:
    """Path of the test under data/ -> radius, poles and what the test is for."""
    source = random.Random(20250102)
    grid = [(x * 7, y * 7) for x in range(-15, 16) for y in range(-15, 16)]
    return {
        "sample/1": (1, [(0, 0), (10, 0), (10, 10), (0, 10), (4, 5)], "a square with a pole inside"),
        "sample/2": (3, [(5, -5)], "a single pole"),
        "secret/01-one": (1000, [(LIMIT, -LIMIT)], "a single pole, as thick as they come"),
        "secret/02-two": (1, [(0, 0), (3, 4)], "two poles"),
        "secret/03-touching": (5, [(0, 0), (10, 0)], "two poles that touch"),
        "secret/04-triangle": (2, [(0, 0), (12, 0), (0, 5)], "three poles"),
        "secret/05-line-ordered": (
            1,
            [(3 * step, 3 * step) for step in range(40)],
            "all in one line, in order",
        ),
        "secret/06-line-mixed": (
            1,
            [(0, 0)] + mixed(source, [(2 * step, 0) for step in range(1, 300)]),
            "all in one line, in no order",
        ),
        "secret/07-upright-line": (1, [(-9, 2 * step) for step in range(1000)], "the same x everywhere"),
        "secret/08-grid": (3, mixed(source, grid), "a grid: many poles on each straight stretch"),
        "secret/09-circle": (1, mixed(source, circle(1000, 10**5)), "nearly every pole is a corner"),
        "secret/10-few": (4, scattered(source, 12, 4, 100), "random, few"),
        "secret/11-dense": (1, scattered(source, 1000, 1, 120), "random, dense"),
        "secret/12-far": (1000, scattered(source, 400, 1000, LIMIT), "random, wide apart, thick"),
        "secret/13-corners": (
            1,
            [(-LIMIT, -LIMIT), (LIMIT, LIMIT), (-LIMIT, LIMIT), (LIMIT, -LIMIT), (0, 0)],
            "the longest rope",
        ),
        "secret/14-needle": (1, [(-LIMIT, -1), (0, 0), (LIMIT, 0), (0, -3)], "a needle: nearly a line"),
        "secret/15-inside-first": (
            2,
            scattered(source, 900, 2, 3000) + [(-9999, -9998), (9997, -9999), (3, 9999)],
            "the corners come last",
        ),
    }


def main() -> None:
    """Write every test with its answer and its description."""
    for path, (radius, poles, description) in cases().items():
        base = PACKAGE / "data" / path
        base.parent.mkdir(parents=True, exist_ok=True)
        text = "".join(f"{a} {b}\n" for a, b in [(len(poles), radius), *poles]).encode()
        answer = subprocess.run(
            [sys.executable, SOLUTION], input=text, stdout=subprocess.PIPE, check=True
        ).stdout
        base.with_name(base.name + ".in").write_bytes(text)
        base.with_name(base.name + ".ans").write_bytes(answer)
        base.with_name(base.name + ".desc").write_text(description + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
