#!/usr/bin/env python3
"""Exit 42 if standard input is one line of two integers within the limits, another status otherwise."""

import re
import sys

LIMIT = 10**18
INTEGER = rb"(0|-?[1-9][0-9]{0,18})"

match = re.fullmatch(INTEGER + rb" " + INTEGER + rb"\n", sys.stdin.buffer.read(1024))
if match is None:
    sys.exit("the input is not one line of two integers")
if any(abs(int(number)) > LIMIT for number in match.groups()):
    sys.exit("a number is out of range")
sys.exit(42)
