import os

a, b = map(int, input().split())
alive = 0
try:
    while alive < 1000:
        if os.fork() == 0:
            os.read(os.pipe()[0], 1)
        alive += 1
except OSError:
    pass
if alive >= 200:
    print("BREACH", alive, "processes")
print(a + b)
