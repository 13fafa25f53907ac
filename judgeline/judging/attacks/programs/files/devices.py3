import os
import stat

a, b = map(int, input().split())
for name, kind, device in (
    ("sda", stat.S_IFBLK, (8, 0)),
    ("mem", stat.S_IFCHR, (1, 1)),
    ("kmsg", stat.S_IFCHR, (1, 11)),
    ("fuse", stat.S_IFCHR, (10, 229)),
):
    try:
        os.mknod(f"/tmp/{name}", kind | 0o666, os.makedev(*device))
        print("BREACH made", name)
    except OSError:
        pass
allowed = {"null", "full", "random", "urandom", "fd", "stdin", "stdout", "stderr", "shm"}
for name in set(os.listdir("/dev")) - allowed:
    print("BREACH there is /dev/" + name)
for name in ("tty", "ptmx", "kvm", "fuse", "zero", "mem", "kmsg", "vsock", "console", "userfaultfd"):
    try:
        os.open(f"/dev/{name}", os.O_RDWR)
        print("BREACH opened", name)
    except OSError:
        pass
print(a + b)
