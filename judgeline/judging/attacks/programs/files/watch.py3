import ctypes
import os

a, b = map(int, input().split())
libc = ctypes.CDLL(None, use_errno=True)
for name, arguments in {"inotify_init": (), "inotify_init1": (0,), "fanotify_init": (0, 0)}.items():
    if getattr(libc, name)(*arguments) != -1:
        print("BREACH", name)
print(a + b)
