import os
import socket
import sys

for name in ("judgemessage.txt", "teammessage.txt"):
    path = sys.argv[3] + name
    os.unlink(path)
    try:
        @WAY@
    except OSError:
        pass
assert socket
sys.exit(42)
