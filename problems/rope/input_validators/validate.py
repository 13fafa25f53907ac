#!/usr/bin/env python3
"""Exit 42 if standard input keeps every promise of the statement, another status otherwise."""

import re
import sys

text = sys.stdin.buffer.read(1 << 20)
if (
    re.fullmatch(rb"[1-9][0-9]{0,3} [1-9][0-9]{0,3}\n((0|-?[1-9][0-9]{0,6}) (0|-?[1-9][0-9]{0,6})\n)+", text)
    is None
):
    sys.exit("the input is not lines of two integers")
(count, radius), *poles = [tuple(map(int, line.split())) for line in text.splitlines()]
if not 1 <= count <= 1000 or not 1 <= radius <= 1000:
    sys.exit("the first line is out of range")
if len(poles) != count:
    sys.exit(f"{count} poles promised, {len(poles)} given")
if any(abs(coordinate) > 10**6 for pole in poles for coordinate in pole):
    sys.exit("a coordinate is out of range")
apart = 4 * radius * radius
for index, (x, y) in enumerate(poles):
    for other_x, other_y in poles[:index]:
        if (x - other_x) ** 2 + (y - other_y) ** 2 < apart:
            sys.exit(f"the poles at {x},{y} and {other_x},{other_y} overlap")
sys.exit(42)
