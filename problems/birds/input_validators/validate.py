#!/usr/bin/env python3
"""Exit 42 if standard input keeps every promise of the statement, another status otherwise."""

import re
import sys

match = re.fullmatch(rb"([1-9][0-9]{0,5})\n([BR]+)\n", sys.stdin.buffer.read(1 << 20))
if match is None:
    sys.exit("the input is not a line with one integer and a line with a word of B and R")
if not 1 <= int(match[1]) <= 250_000:
    sys.exit("the number of birds is out of range")
if len(match[2]) != int(match[1]):
    sys.exit(f"{int(match[1])} birds promised, {len(match[2])} given")
sys.exit(42)
