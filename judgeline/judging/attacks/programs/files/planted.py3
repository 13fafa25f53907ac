import os

a, b = map(int, input().split())
for path in ("@FILE@", "/proc/1/root@FILE@", "/proc/self/root/../..@FILE@"):
    for action in (
        lambda: open(path, "a").write("x"),
        lambda: os.chmod(path, 0o777),
        lambda: os.utime(path),
        lambda: os.rename("@SUBMISSION@", path),
    ):
        try:
            action()
            print("BREACH", path)
        except OSError:
            pass
print(a + b)
