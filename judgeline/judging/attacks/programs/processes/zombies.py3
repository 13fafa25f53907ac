import os

a, b = map(int, input().split())
for _ in range(40):
    if os.fork() == 0:
        os._exit(0)
print(a + b)
