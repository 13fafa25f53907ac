import os

a, b = map(int, input().split())
PLACES = ["/proc/1/exe", "/proc/1/root", "@HELPER@", "@BUILDS@", "/proc/1/cwd", "/proc/1/task/1/exe"]
for place in PLACES:
    for action in (
        lambda: os.open(place, os.O_RDWR),
        lambda: os.listdir(place),
        lambda: os.open(place + "/x", os.O_CREAT | os.O_WRONLY),
        lambda: os.open(place, os.O_PATH | os.O_NOFOLLOW) if place[1] != "p" else os.stat(place),
    ):
        try:
            action()
            print("BREACH", place)
        except OSError:
            pass
print(a + b)
