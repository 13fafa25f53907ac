#!/usr/bin/env python3
# @EXPECTED_RESULTS@: RUN-ERROR
# Takes for granted that there is a story: max() of nothing raises ValueError.
input()
surplus, first, parts = 0, {0: 0}, []
for place, bird in enumerate(input(), 1):
    surplus += 1 if bird == "B" else -1
    if surplus in first:
        parts.append(place - first[surplus])
    else:
        first[surplus] = place
print(max(parts))
