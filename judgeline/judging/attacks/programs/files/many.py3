import os

a, b = map(int, input().split())
made = 0
try:
    while made < 1_000_000:
        os.close(os.open(f"/tmp/{made}", os.O_CREAT | os.O_WRONLY))
        made += 1
except OSError:
    pass
if made > 10_000:
    print("BREACH", made, "files")
print(a + b)
