#!/usr/bin/env python3
# @EXPECTED_RESULTS@: WRONG-ANSWER
# Walks from pole to pole in the order given.
import math
import sys

count, radius, *numbers = map(int, sys.stdin.read().split())
poles = list(zip(numbers[0::2], numbers[1::2]))
print(sum(math.dist(a, b) for a, b in zip(poles, poles[1:] + poles[:1])) + 2 * math.pi * radius)
