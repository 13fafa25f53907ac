#!/usr/bin/env python3
"""Write data/ anew: the same bytes every time."""

import random
import subprocess
import sys
from pathlib import Path

PACKAGE = Path(__file__).resolve().parent.parent
SOLUTION = PACKAGE / "submissions" / "accepted" / "stack.py"

SAMPLES = {
    "1": "k2 (p (k p)2)3",
    "2": "k3 p2 (k p",
    "3": "k",
}

CORRECT = {
    "knit": "k",
    "purl": "p",
    "count": "k7",
    "count-one": "p1",
    "count-ten": "k10",
    "count-nine-digits": "p999999999",
    "two": "k p",
    "many-kinds": "k2 p2 k2 p2 k",
    "brackets": "(k)",
    "brackets-count": "(k p)2",
    "brackets-twice": "((p))",
    "brackets-twice-count": "((p)3)4",
    "brackets-first": "(k2 p)3 k",
    "brackets-last": "k (k2 p)3",
    "brackets-side-by-side": "(k p)2 (p k)3",
    "statement": "k2 (p (k p)2)3",
    "nested-three": "(k (p (k2 p)2 k)3 p)4",
    "nested-empty-handed": "((((((((k))))))))",
    "past-32-bits": "(k99999)99999",
    "past-32-bits-sum": " ".join(["k999999999"] * 5),
    "largest": "((k1000000)1000000)1000000",
    "largest-both": "(((k p)1000000)1000000)1000000",
    "longest-flat": " ".join(["k", "p"] * 250),
    "longest-number": "k" + " p" * 494 + " k123456789",
    "scarf": "(k2 p2)24 k2",
    "cable": "p3 (k6 p3)8 (k2 (p k)2 p)5",
    "deep-400": "(" * 400 + "k p" + ")" * 400,
    "deep-left": "(" * 240 + "k" + ")" * 12 + " p)" * 228,
    "doubling": "(" * 58 + "p" + ")2" * 58,
    "wide-and-deep": "(k (p " * 80 + "k2" + ")2 k)1" * 20 + ") p)" * 60,
}

MISTAKES = {
    "open": "(k p",
    "close": "k p)",
    "close-open": ")k(",
    "only-open": "(",
    "only-close": ")",
    "empty-brackets": "()",
    "empty-brackets-count": "k ()3 p",
    "number-alone": "5",
    "number-first": "3k",
    "number-between": "k 3 p",
    "number-after-space": "k2 p 2",
    "zero": "k0",
    "zero-brackets": "(k p)0",
    "leading-zero": "p007",
    "leading-zero-brackets": "(k)01",
    "two-spaces": "k  p",
    "space-after-open": "( k)",
    "space-before-close": "(k )",
    "space-before-count": "(k p) 2",
    "no-space": "kp",
    "no-space-count": "k2p2",
    "no-space-brackets": "k(p)",
    "no-space-after-brackets": "(p)k",
    "no-space-after-count": "(p)2k",
    "brackets-touch": "(k)(p)",
    "one-too-many": "((k p)2))3 p",
    "one-too-few": "((k (p)2)3 p",
    "deep-unclosed": "(" * 400 + "k" + ")" * 399,
    "deep-empty": "(" * 499 + ")" * 499,
    "late": " ".join(["k12"] * 249) + " p0",
    "space-only-in-brackets": "( )",
    "count-twice": "(k)2(3)",
}


def number(source: random.Random, low: int, high: int) -> int:
    """A number of low..high; from random() alone, the one method that Python promises never to change."""
    return low + int(source.random() * (high - low + 1))


def row(source: random.Random, items: int, depth: int) -> str:
    """A random correct row of so many items, with brackets up to so deep."""
    parts = []
    for _ in range(items):
        if depth > 0 and source.random() < 0.4:
            part = "(" + row(source, number(source, 1, items), depth - 1) + ")"
        else:
            part = "kp"[number(source, 0, 1)]
        parts.append(part + (str(number(source, 1, 12)) if source.random() < 0.6 else ""))
    return " ".join(parts)


def spoilt(text: str) -> str:
    """The row without its last closing bracket, or without its first space where it has no brackets."""
    head, bracket, tail = text.rpartition(")")
    return head + tail if bracket else text.replace(" ", "", 1)


def cases() -> dict[str, str]:
    """Path of the test under data/ -> the row."""
    source = random.Random(20250106)
    correct, mistakes = dict(CORRECT), dict(MISTAKES)
    for index in range(1, 7):
        text = row(source, 2 + index, 3)
        while len(text) > 1000:
            text = row(source, 2 + index, 3)
        correct[f"random-{index}"] = text
        mistakes[f"random-{index}"] = spoilt(text)
    tests = {f"sample/{name}": text for name, text in SAMPLES.items()}
    for group, rows in (("1-correct", correct), ("2-mistakes", mistakes)):
        for index, (name, text) in enumerate(rows.items(), 1):
            tests[f"secret/{group}/{index:02}-{name}"] = text
    return tests


def main() -> None:
    """Write every test with its answer; the groups' test_group.yaml stay."""
    for path, text in cases().items():
        base = PACKAGE / "data" / path
        base.parent.mkdir(parents=True, exist_ok=True)
        line = f"{text}\n".encode()
        answer = subprocess.run(
            [sys.executable, SOLUTION], input=line, stdout=subprocess.PIPE, check=True
        ).stdout
        base.with_name(base.name + ".in").write_bytes(line)
        base.with_name(base.name + ".ans").write_bytes(answer)


if __name__ == "__main__":
    main()
