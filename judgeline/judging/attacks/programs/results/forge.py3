import os
import struct

a, b = map(int, input().split())
report = struct.pack("=4I", 3, 13, 80, 0) + struct.pack("=iI5Q2I", 0, 0, 1, 1, 1, 1, 0, 0, 0)
found = []
for fd in range(3, 4096):
    try:
        os.write(fd, report)
        found.append(fd)
    except OSError:
        pass
if found:
    print("BREACH descriptors", found)
if os.getsid(0) != os.getpid() or os.getpgid(0) != os.getpid():
    print("BREACH it shares a session")
print(a + b)
