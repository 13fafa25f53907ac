#!/usr/bin/env python3
# @EXPECTED_RESULTS@: WRONG-ANSWER
# Takes all courses that are left over for a circle; some of them only lead out of one.
import sys

courses, count, *numbers = map(int, sys.stdin.read().split())
needed_by = [[] for _ in range(courses + 1)]
open_needs = [0] * (courses + 1)
for before, after in zip(numbers[0::2], numbers[1::2]):
    needed_by[before].append(after)
    open_needs[after] += 1
order = [course for course in range(1, courses + 1) if open_needs[course] == 0]
for course in order:
    for after in needed_by[course]:
        open_needs[after] -= 1
        if open_needs[after] == 0:
            order.append(after)
if len(order) == courses:
    print("possible")
    print(*order)
else:
    left = [course for course in range(1, courses + 1) if open_needs[course] > 0]
    print("impossible")
    print(len(left))
    print(*left)
