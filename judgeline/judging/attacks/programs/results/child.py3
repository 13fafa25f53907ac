import os
import sys

print(sum(map(int, input().split())), flush=True)
if os.fork():
    os.wait()
    sys.exit(3)
