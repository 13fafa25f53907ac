#!/usr/bin/env python3
# @EXPECTED_RESULTS@: WRONG-ANSWER
# Looks only at parts that begin with the first bird.
input()
surplus = best = 0
for place, bird in enumerate(input(), 1):
    surplus += 1 if bird == "B" else -1
    if surplus == 0:
        best = place
print(best)
