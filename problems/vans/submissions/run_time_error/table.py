#!/usr/bin/env python3
# @EXPECTED_RESULTS@: RUN-ERROR
# A list entry for every parcel and every sum: up to 2.4 GB.
input()
weights = list(map(int, input().split()))
total = sum(weights)
half = total // 2
reached = [[False] * (half + 1) for _ in range(len(weights) + 1)]
reached[0][0] = True
for index, weight in enumerate(weights):
    before, after = reached[index], reached[index + 1]
    after[:] = before
    for load in range(half + 1 - weight):
        if before[load]:
            after[load + weight] = True
load = half
while not reached[-1][load]:
    load -= 1
print(total - 2 * load)
vans = []
for index in range(len(weights), 0, -1):
    if reached[index - 1][load]:
        vans.append("B")
    else:
        vans.append("A")
        load -= weights[index - 1]
print("".join(reversed(vans)))
