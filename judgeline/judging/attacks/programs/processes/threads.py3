import os
import threading

a, b = map(int, input().split())
threading.stack_size(64 << 10)
ends = os.pipe()
alive = 0
try:
    while alive < 1000:
        threading.Thread(target=os.read, args=(ends[0], 1), daemon=True).start()
        alive += 1
except (RuntimeError, MemoryError):
    pass
if alive >= 200:
    print("BREACH", alive, "threads")
print(a + b, flush=True)
os._exit(0)
