#!/usr/bin/env python3
# @EXPECTED_RESULTS@: TIMELIMIT
# Every pair of poles may be a stretch of the rope: looks on which side of it all the others are. Cubic.
import math
import sys

count, radius, *numbers = map(int, sys.stdin.read().split())
poles = list(zip(numbers[0::2], numbers[1::2]))


def is_stretch(a, b):
    (ax, ay), (bx, by) = a, b
    sides = [(bx - ax) * (y - ay) - (by - ay) * (x - ax) for x, y in poles]
    if min(sides) < 0:
        return False
    # Of the poles in one line with a and b, all must be between the two.
    return all(
        (x - ax) * (x - bx) + (y - ay) * (y - by) <= 0 for side, (x, y) in zip(sides, poles) if side == 0
    )


length = sum(math.dist(a, b) for a in poles for b in poles if a != b and is_stretch(a, b))
print(length + 2 * math.pi * radius)
