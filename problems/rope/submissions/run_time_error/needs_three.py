#!/usr/bin/env python3
# @EXPECTED_RESULTS@: RUN-ERROR
# Begins with three poles, without asking whether there are so many.
import math
import sys


def half(poles):
    chain = [poles[0], poles[1]]
    for x, y in [poles[2], *poles[3:]]:
        while len(chain) >= 2:
            (ax, ay), (bx, by) = chain[-2:]
            if (bx - ax) * (y - ay) - (by - ay) * (x - ax) > 0:
                break
            chain.pop()
        chain.append((x, y))
    return chain


count, radius, *numbers = map(int, sys.stdin.read().split())
poles = sorted(zip(numbers[0::2], numbers[1::2]))
hull = half(poles)[:-1] + half(poles[::-1])[:-1]
print(sum(math.dist(a, b) for a, b in zip(hull, hull[1:] + hull[:1])) + 2 * math.pi * radius)
