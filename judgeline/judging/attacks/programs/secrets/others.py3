import os

a, b = map(int, input().split())
if os.path.exists("/prog/secret") or os.path.exists("@SUBMISSION@"):
    print("BREACH another submission's file is here")
for pid in filter(str.isdigit, os.listdir("/proc")):
    if int(pid) in {1, os.getpid()}:
        continue
    try:
        print("BREACH process", pid, open(f"/proc/{pid}/cmdline").read())
    except OSError:
        print("BREACH process", pid)
if any("@" in line for line in open("/proc/net/unix")):
    print("BREACH somebody's socket is seen")
for line in open("/proc/self/mountinfo"):
    if "judgeline-arena" in line:
        print("BREACH a mount tells of the judge's folders")
print(a + b)
