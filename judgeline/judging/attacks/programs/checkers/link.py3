import os
import sys

for name in ("judgemessage.txt", "teammessage.txt"):
    path = sys.argv[3] + name
    os.unlink(path)
    os.symlink("@WAY@", path)
sys.exit(42)
