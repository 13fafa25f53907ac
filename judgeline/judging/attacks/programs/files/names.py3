import os

a, b = map(int, input().split())
if os.listdir("/tmp"):
    print("BREACH", os.listdir("/tmp"))
for name in (b"a\nb", b"\x01", b"..\n", b"-rf", b" ", b"\xff\xfe", b"\x1b[2J", b"*", b"x" * 255):
    os.close(os.open(b"/tmp/" + name, os.O_CREAT | os.O_WRONLY))
    os.mkdir(b"/tmp/." + name[:250])
print(a + b)
