#!/usr/bin/env python3
"""Write data/ anew: the same bytes every time."""

import random
import subprocess
import sys
from pathlib import Path

PACKAGE = Path(__file__).resolve().parent.parent
SOLUTION = PACKAGE / "submissions" / "accepted" / "balance.py"
MOST = 250_000


def scattered(source: random.Random, count: int, blackbirds: float) -> str:
    """``count`` random birds, each a blackbird with the probability given. Uses random() alone, the one method
    that Python promises never to change.
    """
    return "".join("B" if source.random() < blackbirds else "R" for _ in range(count))


def cases() -> dict[str, tuple[str, str]]:
    """Path of the test under data/ -> the log and what the test is for."""
    source = random.Random(20250105)
    return {
        "sample/1": ("RRBRBBBB", "six of eight"),
        "sample/2": ("RRR", "no blackbird, no story"),
        "secret/01-one": ("B", "a single bird"),
        "secret/02-pair": ("RB", "the whole log"),
        "secret/03-same": ("BB", "two of a kind"),
        "secret/04-at-start": ("BRBRRRRR", "the best part is at the start"),
        "secret/05-at-end": ("RRRRRBBR" + "BR", "the best part is at the end"),
        "secret/06-middle": ("BBBBBRBRRBRBBBBBB", "the best part is in the middle"),
        "secret/07-two-parts": ("BRRRRRRBBRRBRRRRRR", "two parts, the later one is longer"),
        "secret/08-small": (scattered(source, 60, 0.5), "random, small"),
        "secret/09-medium": (scattered(source, 4_000, 0.5), "random, medium"),
        "secret/10-rare": (scattered(source, 20_000, 0.05), "few blackbirds among many robins"),
        "secret/11-all-blackbirds": ("B" * MOST, "the largest log, and no story"),
        "secret/12-halves": ("B" * (MOST // 2) + "R" * (MOST // 2), "the largest log, all of it"),
        "secret/13-turns": ("BR" * (MOST // 2 - 1) + "BB", "in turns, but for the last"),
        "secret/14-large": (scattered(source, MOST, 0.5), "random, as large as allowed"),
        "secret/15-large-uneven": (scattered(source, 100_000, 0.503), "random, a few blackbirds more"),
    }


def main() -> None:
    """Write every test with its answer and its description."""
    for path, (log, description) in cases().items():
        base = PACKAGE / "data" / path
        base.parent.mkdir(parents=True, exist_ok=True)
        text = f"{len(log)}\n{log}\n".encode()
        answer = subprocess.run(
            [sys.executable, SOLUTION], input=text, stdout=subprocess.PIPE, check=True
        ).stdout
        base.with_name(base.name + ".in").write_bytes(text)
        base.with_name(base.name + ".ans").write_bytes(answer)
        base.with_name(base.name + ".yaml").write_text(f'description: "{description}"\n', encoding="utf-8")


if __name__ == "__main__":
    main()
