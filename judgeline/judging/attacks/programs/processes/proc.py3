import os

a, b = map(int, input().split())


def attempt(what, action):
    try:
        action()
    except OSError:
        return
    print("BREACH", what)


for pid in (1, @PID@):
    for name in ("environ", "maps", "stack", "syscall", "auxv", "io", "pagemap"):
        attempt(f"read {name} of {pid}", lambda: open(f"/proc/{pid}/{name}", "rb").read(10))
    for name in ("mem", "oom_score_adj", "comm", "clear_refs", "coredump_filter", "setgroups", "uid_map"):
        attempt(f"write {name} of {pid}", lambda: open(f"/proc/{pid}/{name}", "wb", buffering=0).write(b"1"))
    for name in ("fd", "root/", "cwd/", "map_files", "fdinfo"):
        attempt(f"list {name} of {pid}", lambda: os.listdir(f"/proc/{pid}/{name}"))
    for name in ("exe", "root", "cwd", "fd/0", "ns/pid", "ns/mnt", "ns/user"):
        attempt(f"follow {name} of {pid}", lambda: os.readlink(f"/proc/{pid}/{name}"))
print(a + b)
