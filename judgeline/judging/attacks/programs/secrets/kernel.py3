import ctypes
import os

a, b = map(int, input().split())
try:
    first = open("/proc/kallsyms").readline().split()
    if first and int(first[0], 16):
        print("BREACH addresses of the kernel", first)
except OSError:
    pass
for name in ("kcore", "kmsg", "kpageflags", "kpagecount", "slabinfo", "vmallocinfo", "timer_list", "sched_debug", "keys"):
    try:
        if open(f"/proc/{name}", "rb", buffering=0).read(64) and name != "keys":
            print("BREACH", name)
    except OSError:
        pass
if ctypes.CDLL(None).klogctl(3, ctypes.create_string_buffer(100), 100) != -1:
    print("BREACH the kernel's log")
print(a + b)
