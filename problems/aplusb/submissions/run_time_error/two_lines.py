#!/usr/bin/env python3
# @EXPECTED_RESULTS@: RUN-ERROR
# Expects each number on a line of its own.
a = int(input())
b = int(input())
print(a + b)
