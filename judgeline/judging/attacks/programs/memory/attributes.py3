import os

a, b = map(int, input().split())
open("/tmp/x", "w").close()
for file in (0, 1, 2, "/tmp/x", "/proc/self/fd/0"):
    try:
        for number in range(1000):
            os.setxattr(file, f"user.{number}", bytes(60_000))
        print("BREACH attributes of", file)
    except OSError:
        pass
    if names := os.listxattr(file):
        print("BREACH", file, "has attributes", names[:3])
print(a + b)
