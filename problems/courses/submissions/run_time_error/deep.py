#!/usr/bin/env python3
# @EXPECTED_RESULTS@: RUN-ERROR
# A right search, but recursive: a long chain is deeper than Python lets a function call itself.
import sys

courses, count, *numbers = map(int, sys.stdin.read().split())
needed_by = [[] for _ in range(courses + 1)]
for before, after in zip(numbers[0::2], numbers[1::2]):
    needed_by[before].append(after)
state = [0] * (courses + 1)
path, order = [], []


def visit(course):
    state[course] = 1
    path.append(course)
    for after in needed_by[course]:
        if state[after] == 1:
            circle = path[path.index(after) :]
            print("impossible")
            print(len(circle))
            print(*circle)
            sys.exit()
        if state[after] == 0:
            visit(after)
    path.pop()
    state[course] = 2
    order.append(course)


for start in range(1, courses + 1):
    if state[start] == 0:
        visit(start)
print("possible")
print(*reversed(order))
