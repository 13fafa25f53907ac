import os
import signal
import time

a, b = map(int, input().split())
print(a + b, flush=True)
@WAY@
