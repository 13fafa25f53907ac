import os
import sys

with open(sys.argv[3] + "judgemessage.txt", "wb") as file:
    for _ in range(20):
        file.write(b"x" * (1 << 20))
os.truncate(sys.argv[3] + "teammessage.txt", 60 << 20)
sys.exit(42)
