#!/usr/bin/env python3
# @EXPECTED_RESULTS@: WRONG-ANSWER
# Sorts by the number of needs: a course may come before one that it needs.
import sys

courses, count, *numbers = map(int, sys.stdin.read().split())
needs = [0] * (courses + 1)
for after in numbers[1::2]:
    needs[after] += 1
if courses > 1 and all(needs[1:]):
    print("impossible")
    print(2)
    print(1, 2)
else:
    print("possible")
    print(*sorted(range(1, courses + 1), key=lambda course: needs[course]))
