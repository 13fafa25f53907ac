import os

a, b = map(int, input().split())
if "@VARIABLE@" in os.environ or "REDIS_URL" in os.environ:
    print("BREACH", {name: value for name, value in os.environ.items() if name in {"@VARIABLE@", "REDIS_URL"}})
for pid in filter(str.isdigit, os.listdir("/proc")):
    try:
        text = open(f"/proc/{pid}/environ", "rb").read()
    except OSError:
        continue
    if b"@VARIABLE@" in text:
        print("BREACH environment of", pid)
print(a + b)
