import os

a, b = map(int, os.read(0, 100).split())
found = os.fstat(0)
if found.st_mode & 0o777 == 0o123 or found.st_mtime < 1e9 or os.listxattr(0):
    print("BREACH the input was marked before")
for action in (
    lambda: os.fchmod(0, 0o123),
    lambda: os.utime(0, (1, 1)),
    lambda: os.setxattr(0, "user.note", b"1"),
    lambda: os.setxattr(0, "trusted.note", b"1"),
    lambda: os.fchown(0, 1000, 1000),
):
    try:
        action()
    except OSError:
        pass
print(a + b)
