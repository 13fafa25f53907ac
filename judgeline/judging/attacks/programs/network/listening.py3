import os
import socket

a, b = map(int, input().split())
client = socket.socket(socket.AF_UNIX)
try:
    client.connect("\0@MARK@-next")
    print("BREACH an earlier run listens:", client.recv(100))
except OSError:
    pass
server = socket.socket(socket.AF_UNIX)
server.bind("\0@MARK@-next")
server.listen()
for family in (socket.AF_INET, socket.AF_INET6):
    try:
        other = socket.socket(family)
        other.bind(("", 45_454))
        other.listen()
        print("BREACH listens", family)
    except OSError:
        pass
if os.fork() == 0:
    os.setsid()
    while True:
        server.accept()[0].send(b"the earlier run")
print(a + b)
