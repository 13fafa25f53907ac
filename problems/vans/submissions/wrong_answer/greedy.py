#!/usr/bin/env python3
# @EXPECTED_RESULTS@: WRONG-ANSWER
# The heaviest first, always into the lighter van: a load that fits its claim, but not the best one.
input()
weights = list(map(int, input().split()))
loads = {"A": 0, "B": 0}
vans = [""] * len(weights)
for index in sorted(range(len(weights)), key=lambda index: -weights[index]):
    van = min(loads, key=loads.get)
    loads[van] += weights[index]
    vans[index] = van
print(abs(loads["A"] - loads["B"]))
print("".join(vans))
