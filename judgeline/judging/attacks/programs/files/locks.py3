import fcntl
import os
import struct

a, b = map(int, input().split())
file = open("/usr/bin/env", "rb")
ask = struct.pack("hhqqi", fcntl.F_RDLCK, os.SEEK_SET, 0, 0, 0)
for name, action in {
    "F_GETLK": lambda: fcntl.fcntl(file, fcntl.F_GETLK, ask),
    "F_OFD_GETLK": lambda: fcntl.fcntl(file, 36, ask),
    "F_SETLEASE": lambda: fcntl.fcntl(file, fcntl.F_SETLEASE, fcntl.F_RDLCK),
    "F_NOTIFY": lambda: fcntl.fcntl(os.open("/usr/bin", os.O_RDONLY), fcntl.F_NOTIFY, 0x80000001),
}.items():
    try:
        action()
        print("BREACH", name)
    except OSError:
        pass
fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
if os.fork() == 0:
    other = open("/usr/bin/env", "rb")
    try:
        fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        print("BREACH a lock is seen", flush=True)
    os._exit(0)
os.wait()
print(a + b)
