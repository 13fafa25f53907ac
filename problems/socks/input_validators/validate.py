"""The promises of the statement; in the group of small tests n is at most the argument."""

import re
import sys

most = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000
text = sys.stdin.read()
if not re.fullmatch(r"[1-9]\d{0,4}\n[1-9]\d{0,3}( [1-9]\d{0,3})*\n", text, re.ASCII):
    sys.exit("not a number, then a line of numbers")
first, second = text.splitlines()
colours = list(map(int, second.split()))
if not 1 <= int(first) <= most or len(colours) != int(first) or max(colours) > 1000:
    sys.exit("too many socks, or other than said, or a colour over 1000")
sys.exit(42)
