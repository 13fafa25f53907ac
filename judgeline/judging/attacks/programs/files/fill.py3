import os

a, b = map(int, input().split())
file = os.open("/tmp/x", os.O_CREAT | os.O_WRONLY)
written = 0
try:
    while written < 1 << 30:
        written += os.write(file, bytes(1 << 16))
except OSError:
    pass
if written > 256 << 20:
    print("BREACH", written, "bytes")
print(a + b)
