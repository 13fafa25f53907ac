#!/usr/bin/env python3
# @EXPECTED_RESULTS@: TIMELIMIT
# Counts on from every start.
count = int(input())
log = [1 if bird == "B" else -1 for bird in input()]
best = 0
for start in range(count):
    surplus = 0
    for end in range(start, count):
        surplus += log[end]
        if surplus == 0 and end - start >= best:
            best = end - start + 1
print(best)
