#!/usr/bin/env python3
"""Write data/ anew: the same bytes every time.

Only data/sample and data/secret; invalid_input, invalid_output and valid_output beside them are made by hand.
"""

import random
import subprocess
import sys
from pathlib import Path

PACKAGE = Path(__file__).resolve().parent.parent
SOLUTION = PACKAGE / "submissions" / "accepted" / "queue.py"
MOST_COURSES = 10_000
MOST_ENTRIES = 30_000

Entry = tuple[int, int]


def number(source: random.Random, low: int, high: int) -> int:
    """A number of low..high; from random() alone, the one method that Python promises never to change."""
    return low + int(source.random() * (high - low + 1))


def mixed(source: random.Random, items: list) -> list:
    """The same items in a random order."""
    return [item for _, item in sorted((source.random(), item) for item in items)]


def acyclic(source: random.Random, courses: int, count: int) -> list[Entry]:
    """Random entries that all agree with one hidden order."""
    order = mixed(source, list(range(1, courses + 1)))
    entries = []
    while len(entries) < count:
        first, second = number(source, 0, courses - 1), number(source, 0, courses - 1)
        if first != second:
            entries.append((order[min(first, second)], order[max(first, second)]))
    return entries


def chain(courses: int) -> list[Entry]:
    """Every course needs the one before it."""
    return [(course, course + 1) for course in range(1, courses)]


def layers(width: int, depth: int) -> list[Entry]:
    """Each course of a layer needs every course of the layer before: width ** depth ways through."""
    return [
        (layer * width + a, (layer + 1) * width + b)
        for layer in range(depth - 1)
        for a in range(1, width + 1)
        for b in range(1, width + 1)
    ]


def circle(courses: list[int]) -> list[Entry]:
    """Each needs the one before it, and the first needs the last."""
    return list(zip(courses, courses[1:] + courses[:1]))


def cases() -> dict[str, tuple[int, list[Entry], str]]:
    """Path of the test under data/ -> number of courses, entries and what the test is for."""
    source = random.Random(20250104)
    backwards = [(after, before) for before, after in chain(MOST_COURSES)]
    return {
        "sample/1": (4, [(1, 2), (1, 3), (3, 4), (2, 4)], "two orders are right"),
        "sample/2": (5, [(1, 2), (2, 3), (3, 4), (4, 2), (5, 1)], "a circle of three"),
        "secret/01-one": (1, [], "one course, no entry"),
        "secret/02-free": (6, [], "no entry: every order is right"),
        "secret/03-pair": (2, [(2, 1)], "two courses, the larger number first"),
        "secret/04-two-circle": (2, [(1, 2), (2, 1)], "the smallest circle"),
        "secret/05-repeated": (
            3,
            [(3, 2), (3, 2), (2, 1), (3, 2), (2, 1)],
            "entries stand there more than once",
        ),
        "secret/06-tail": (
            7,
            [(1, 2), (2, 3), (3, 4), (4, 5), (5, 3), (5, 6), (6, 7)],
            "ways into and out of a circle",
        ),
        "secret/07-apart": (
            9,
            [(1, 2), (3, 4), *circle([7, 9, 8]), (5, 6)],
            "the circle is apart from course 1",
        ),
        "secret/08-two-circles": (
            8,
            [*circle([1, 2, 3]), (3, 4), *circle([5, 6, 7, 8]), (4, 5)],
            "two circles",
        ),
        "secret/09-diamond": (
            6,
            [(1, 2), (1, 3), (2, 4), (3, 4), (4, 5), (4, 6)],
            "two ways meet: no circle",
        ),
        "secret/10-small": (30, acyclic(source, 30, 60), "random, an order exists"),
        "secret/11-small-circle": (
            30,
            acyclic(source, 30, 60) + circle([3, 14, 15, 9, 26]),
            "random, with a circle",
        ),
        "secret/12-layers": (150, layers(3, 50), "more ways through than anyone can walk"),
        "secret/13-layers-circle": (
            153,
            [*layers(3, 50), *circle([151, 152, 153]), (150, 151)],
            "the same, and a circle",
        ),
        "secret/14-chain": (MOST_COURSES, chain(MOST_COURSES), "the longest chain"),
        "secret/15-chain-backwards": (
            MOST_COURSES,
            backwards,
            "the longest chain, from the last course to the first",
        ),
        "secret/16-large-circle": (
            MOST_COURSES,
            circle(mixed(source, list(range(1, MOST_COURSES + 1)))),
            "all courses in one circle",
        ),
        "secret/17-star": (
            5_000,
            [(2_500, c) for c in range(1, 5_001) if c != 2_500],
            "all need the same one",
        ),
        "secret/18-random": (
            MOST_COURSES,
            acyclic(source, MOST_COURSES, MOST_ENTRIES),
            "random, as large as allowed",
        ),
    }


def main() -> None:
    """Write every test with its answer and its description."""
    for path, (courses, entries, description) in cases().items():
        base = PACKAGE / "data" / path
        base.parent.mkdir(parents=True, exist_ok=True)
        text = "".join(f"{a} {b}\n" for a, b in [(courses, len(entries)), *entries]).encode()
        answer = subprocess.run(
            [sys.executable, SOLUTION], input=text, stdout=subprocess.PIPE, check=True
        ).stdout
        base.with_name(base.name + ".in").write_bytes(text)
        base.with_name(base.name + ".ans").write_bytes(answer)
        base.with_name(base.name + ".yaml").write_text(f'description: "{description}"\n', encoding="utf-8")


if __name__ == "__main__":
    main()
