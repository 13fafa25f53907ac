import os
import subprocess

a, b = map(int, input().split())
for name in "su sudo passwd mount umount newuidmap newgidmap chsh gpasswd pkexec fusermount3".split():
    if os.path.exists(path := "/usr/bin/" + name):
        subprocess.run([path, "-c", "id"], stdin=subprocess.DEVNULL, capture_output=True)
        if os.stat(path).st_mode & 0o6000 and not os.statvfs(path).f_flag & os.ST_NOSUID:
            print("BREACH", path, "may change its user")
for call in (os.setuid, os.seteuid, os.setgid):
    try:
        call(0)
        print("BREACH", call.__name__)
    except OSError:
        pass
for line in open("/proc/self/status"):
    key, value = line.split(":", 1)
    if key in {"CapInh", "CapPrm", "CapEff", "CapAmb"} and int(value, 16):
        print("BREACH", line)
    if (key == "NoNewPrivs" and value.strip() != "1") or (key == "Seccomp" and value.strip() != "2"):
        print("BREACH", line)
print(a + b)
