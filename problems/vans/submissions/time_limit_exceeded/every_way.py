#!/usr/bin/env python3
# @EXPECTED_RESULTS@: TIMELIMIT
# Tries every way to load the vans.
import sys

sys.setrecursionlimit(10_000)
input()
weights = list(map(int, input().split()))


def best(index, difference):
    if index == len(weights):
        return abs(difference), ""
    with_a = best(index + 1, difference + weights[index])
    with_b = best(index + 1, difference - weights[index])
    return min((with_a[0], "A" + with_a[1]), (with_b[0], "B" + with_b[1]))


difference, vans = best(0, 0)
print(difference)
print(vans)
