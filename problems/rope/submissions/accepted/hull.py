#!/usr/bin/env python3
# The tight rope is the convex hull of the centres, moved outwards by r: its straight stretches are the
# hull's edges, and its bends add up to one full turn around a pole.
import math
import sys


def half(poles):
    chain = []
    for x, y in poles:
        while len(chain) >= 2:
            (ax, ay), (bx, by) = chain[-2:]
            if (bx - ax) * (y - ay) - (by - ay) * (x - ax) > 0:
                break
            chain.pop()
        chain.append((x, y))
    return chain


def main():
    count, radius, *numbers = map(int, sys.stdin.read().split())
    poles = sorted(zip(numbers[0::2], numbers[1::2]))
    hull = half(poles)[:-1] + half(poles[::-1])[:-1]
    length = math.fsum(math.dist(a, b) for a, b in zip(hull, hull[1:] + hull[:1]))
    print(f"{length + 2 * math.pi * radius:.9f}")


main()
