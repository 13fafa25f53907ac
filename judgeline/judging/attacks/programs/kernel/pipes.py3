import fcntl
import os

a, b = map(int, input().split())
held = 0
try:
    while held < 1 << 30:
        ends = os.pipe()
        os.set_blocking(ends[1], False)
        try:
            fcntl.fcntl(ends[1], 1031, 1 << 30)  # F_SETPIPE_SZ
            print("BREACH a pipe of a gigabyte")
        except OSError:
            pass
        try:
            while True:
                held += os.write(ends[1], bytes(4096))
        except BlockingIOError:
            pass
except OSError:
    pass
if held > 256 << 20:
    print("BREACH", held, "bytes in pipes")
print(a + b)
