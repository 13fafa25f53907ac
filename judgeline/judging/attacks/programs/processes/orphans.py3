import os
import time

a, b = map(int, input().split())
print(a + b, flush=True)
for _ in range(5):
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            end = time.time() + 20
            while time.time() < end:
                time.sleep(0.01)
        os._exit(0)
