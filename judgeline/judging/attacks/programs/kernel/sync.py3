import os

a, b = map(int, input().split())
file = os.open("/usr/bin/env", os.O_RDONLY)
for _ in range(1000):
    os.sync()
    os.fsync(file)
    os.fdatasync(file)
os.fsync(999)  # not even looked at
print(a + b)
