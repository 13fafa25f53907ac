#!/usr/bin/env python3
# @EXPECTED_RESULTS@: WRONG-ANSWER
# Adds up correctly, but the only mistake it knows is a bracket without its partner.
import re

sums, last = [[0, 0]], [0, 0]
mistake = False
for letter, bracket, count in re.findall(r"([kp])|([()])|([0-9]+)", input()):
    if letter:
        last = [int(letter == "k"), int(letter == "p")]
    elif bracket == "(":
        sums.append([0, 0])
        continue
    elif bracket == ")":
        if len(sums) == 1:
            mistake = True
            break
        last = sums.pop()
    else:
        last = [each * (int(count) - 1) for each in last]
    sums[-1] = [a + b for a, b in zip(sums[-1], last)]
if mistake or len(sums) > 1:
    print("mistake")
else:
    print(*sums[0])
