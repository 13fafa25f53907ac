import os

a, b = map(int, os.read(0, 100).split())
os.lseek(0, 0, os.SEEK_SET)
for path in ("/proc/self/fd/0", "/dev/stdin", "/dev/fd/0"):
    for flags in (os.O_RDWR, os.O_WRONLY, os.O_RDWR | os.O_TRUNC, os.O_WRONLY | os.O_APPEND):
        try:
            if os.write(os.open(path, flags), b"1 1\n"):
                print("BREACH wrote by", path)
        except OSError:
            pass
for action in (lambda: os.ftruncate(0, 0), lambda: os.truncate("/proc/self/fd/0", 0), lambda: os.pwrite(0, b"1", 0)):
    try:
        action()
        print("BREACH changed its input")
    except OSError:
        pass
if os.read(0, 100).split() != [b"20", b"22"]:
    print("BREACH the input is another")
print(a + b)
