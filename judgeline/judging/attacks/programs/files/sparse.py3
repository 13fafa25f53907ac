import os

a, b = map(int, input().split())
file = os.open("/tmp/x", os.O_CREAT | os.O_RDWR)
for name, action in {
    "ftruncate": lambda: os.ftruncate(file, 1 << 40),
    "fallocate": lambda: os.posix_fallocate(file, 0, 1 << 40),
    "pwrite": lambda: os.pwrite(file, b"x", 1 << 40),
}.items():
    try:
        action()
        print("BREACH", name)
    except OSError:
        pass
print(a + b)
