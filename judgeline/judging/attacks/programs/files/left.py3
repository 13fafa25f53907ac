import os

a, b = map(int, input().split())
for folder in "/tmp /var/tmp /run /prog / /etc /home /dev /dev/mqueue /usr /proc /sys".split():
    path = f"{folder}/@MARK@-left"
    if os.path.lexists(path):
        print("BREACH a file of an earlier run:", path)
    try:
        os.close(os.open(path, os.O_CREAT | os.O_WRONLY))
    except OSError:
        pass
print(a + b)
