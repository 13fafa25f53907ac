import ctypes
import os
import time

a, b = map(int, input().split())
libc = ctypes.CDLL(None, use_errno=True)
libc.prctl(36, 1)  # PR_SET_CHILD_SUBREAPER
SYS_clone = {"x86_64": 56, "aarch64": 220}[os.uname().machine]
if libc.syscall(SYS_clone, 0x8000 | 17, 0, 0, 0, 0) == 0:  # CLONE_PARENT, SIGCHLD
    time.sleep(20)
    os._exit(7)
if os.fork() == 0:
    if os.fork() == 0:
        time.sleep(20)
    os._exit(0)
print(a + b)
