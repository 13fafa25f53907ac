#!/usr/bin/env python3
# @EXPECTED_RESULTS@: WRONG-ANSWER
# A detour over floating point loses the last digits.
a, b = map(float, input().split())
print(int(a + b))
