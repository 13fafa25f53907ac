#!/usr/bin/env python3
"""Exit 42 if standard input keeps every promise of the statement, another status otherwise."""

import re
import sys

text = sys.stdin.buffer.read(1 << 16)
if re.fullmatch(rb"[1-9][0-9]{0,2}\n[1-9][0-9]{0,6}( [1-9][0-9]{0,6})*\n", text) is None:
    sys.exit("the input is not a line with one integer and a line with some")
count, *weights = map(int, text.split())
if count > 300:
    sys.exit("too many parcels")
if len(weights) != count:
    sys.exit(f"{count} parcels promised, {len(weights)} given")
if sum(weights) > 2_000_000:
    sys.exit("the parcels are too heavy")
sys.exit(42)
