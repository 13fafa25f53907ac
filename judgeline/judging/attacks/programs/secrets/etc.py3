import os

a, b = map(int, input().split())
PLACES = """/etc/shadow /etc/hostname /etc/machine-id /etc/resolv.conf /etc/ssh /etc/ssl/private /etc/sudoers /root /home
/var /run /sys/kernel /srv /mnt /media /opt /boot /lost+found /.dockerenv /var/run/docker.sock""".split()
for place in PLACES:
    if os.path.lexists(place):
        print("BREACH", place)
if open("/etc/passwd").read().count("\n") != 2 or os.uname().nodename != "judgeline":
    print("BREACH users or name of the host")
for folder in ("/usr/src", "/usr/local/src"):
    if os.path.isdir(folder) and os.listdir(folder):
        print("BREACH", folder, os.listdir(folder)[:3])
print(a + b)
