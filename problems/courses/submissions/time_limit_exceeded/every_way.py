#!/usr/bin/env python3
# @EXPECTED_RESULTS@: TIMELIMIT
# Walks every way through the list to measure how deep a course lies: exponentially many.
import sys

sys.setrecursionlimit(20_000)
courses, count, *numbers = map(int, sys.stdin.read().split())
needs = [[] for _ in range(courses + 1)]
for before, after in zip(numbers[0::2], numbers[1::2]):
    needs[after].append(before)
path, on_path = [], [False] * (courses + 1)


def depth(course):
    if on_path[course]:
        circle = path[path.index(course) :][::-1]
        print("impossible")
        print(len(circle))
        print(*circle)
        sys.exit()
    on_path[course] = True
    path.append(course)
    deepest = 0
    for before in needs[course]:
        deepest = max(deepest, depth(before) + 1)
    path.pop()
    on_path[course] = False
    return deepest


order = sorted(range(1, courses + 1), key=depth)
print("possible")
print(*order)
