import os

a, b = map(int, input().split())
if os.getpid() > 3:
    print("BREACH this is process", os.getpid())
for _ in range(30):
    if os.fork() == 0:
        os._exit(0)
print(a + b)
