#!/usr/bin/env python3
# Take whatever needs nothing any more. If courses are left over, each of them needs another one that is left
# over: walk backwards until a course comes up again, and the circle is found.
import sys


def main():
    courses, count, *numbers = map(int, sys.stdin.read().split())
    needed_by = [[] for _ in range(courses + 1)]
    needs = [[] for _ in range(courses + 1)]
    for before, after in zip(numbers[0::2], numbers[1::2]):
        needed_by[before].append(after)
        needs[after].append(before)
    open_needs = [len(some) for some in needs]
    order = [course for course in range(1, courses + 1) if open_needs[course] == 0]
    for course in order:
        for after in needed_by[course]:
            open_needs[after] -= 1
            if open_needs[after] == 0:
                order.append(after)
    if len(order) == courses:
        print("possible")
        print(*order)
        return

    course = next(course for course in range(1, courses + 1) if open_needs[course] > 0)
    place, walk = {}, []
    while course not in place:
        place[course] = len(walk)
        walk.append(course)
        course = next(before for before in needs[course] if open_needs[before] > 0)
    circle = walk[place[course] :][::-1]
    print("impossible")
    print(len(circle))
    print(*circle)


main()
