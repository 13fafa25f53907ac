import os

a, b = map(int, input().split())
FOLDERS = "/ /usr /usr/bin /usr/lib /etc /etc/alternatives /dev /prog /lib /bin /sbin /usr/local /usr/src /opt /srv"


def attempt(what, action):
    try:
        action()
    except OSError:
        return
    print("BREACH", what)


for folder in FOLDERS.split():
    attempt(f"write to {folder}", lambda: os.open(f"{folder}/@MARK@-was-here", os.O_CREAT | os.O_WRONLY))
    attempt(f"make a folder in {folder}", lambda: os.mkdir(f"{folder}/@MARK@-was-here"))
    attempt(f"a link in {folder}", lambda: os.symlink("/tmp", f"{folder}/@MARK@-was-here"))
for path in ("/dev/null", "/dev/full", "/usr/bin/env", "/etc/passwd", "/etc/ld.so.cache"):
    if os.path.exists(path):
        attempt(f"chmod {path}", lambda: os.chmod(path, 0o777))
        attempt(f"utime {path}", lambda: os.utime(path))
        attempt(f"chown {path}", lambda: os.chown(path, 1000, 1000))
        attempt(f"unlink {path}", lambda: os.unlink(path))
        attempt(f"rename {path}", lambda: os.rename(path, path + "-"))
        attempt(f"hard link to {path}", lambda: os.link(path, "/tmp/x"))
print(a + b)
