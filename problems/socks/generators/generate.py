#!/usr/bin/env python3
"""Write data/ anew: the same bytes every time."""

import random
from collections import Counter
from pathlib import Path

DATA = Path(__file__).resolve().parent.parent / "data"


def drawer(source: random.Random, socks: int, colours: int) -> list[int]:
    """Colours from random() alone, the one method that Python promises never to change."""
    return [1 + int(source.random() * colours) for _ in range(socks)]


def cases() -> dict[str, list[int]]:
    """Path of the test under data/ -> the colours."""
    source = random.Random(20250924)
    return {
        "sample/1": [1, 2, 1, 1],
        "sample/2": [7],
        "secret/1-small/01-one": [1000],
        "secret/1-small/02-all-same": [5] * 100,
        "secret/1-small/03-all-different": list(range(1, 101)),
        "secret/1-small/04-random": drawer(source, 100, 8),
        "secret/2-large/01-all-same": [9] * 20_000,
        "secret/2-large/02-two-colours": drawer(source, 20_000, 2),
    }


def main() -> None:
    for name, colours in cases().items():
        path = DATA / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.with_suffix(".in").write_text(f"{len(colours)}\n{' '.join(map(str, colours))}\n")
        ways = sum(count * (count - 1) // 2 for count in Counter(colours).values())
        path.with_suffix(".ans").write_text(f"{ways}\n")


main()
