import os
import socket

a, b = map(int, input().split())
for fd in range(256):
    try:
        kind = os.readlink(f"/proc/self/fd/{fd}")
    except OSError:
        continue
    if "socket:" in kind or "pipe:" in kind or fd > 3:
        print("BREACH", fd, kind)
for pid in range(1, 20):
    try:
        names = os.listdir(f"/proc/{pid}/fd") if pid != os.getpid() else []
    except OSError:
        continue
    if names:
        print("BREACH descriptors of", pid, names)
if len(list(open("/proc/net/unix"))) > 1:
    print("BREACH sockets are here")
print(a + b, socket.AF_UNIX * 0 or "")
