import socket
import sys

addresses = [
    (socket.AF_INET, socket.SOCK_STREAM, ("127.0.0.1", @PORT@)),
    (socket.AF_INET, socket.SOCK_STREAM, ("0.0.0.0", @PORT@)),
    (socket.AF_INET6, socket.SOCK_STREAM, ("::ffff:127.0.0.1", @PORT@)),
    (socket.AF_INET6, socket.SOCK_STREAM, ("::1", @PORT@)),
    (socket.AF_INET, socket.SOCK_STREAM, ("127.0.0.1", 6379)),
    (socket.AF_INET, socket.SOCK_STREAM, ("127.0.0.1", 8000)),
    (socket.AF_INET, socket.SOCK_DGRAM, ("127.0.0.1", @UDP_PORT@)),
]
for family, kind, address in addresses:
    try:
        with socket.socket(family, kind) as client:
            client.settimeout(1)
            client.connect(address)
            client.send(b"PING\r\n")
        print("BREACH reached", address)
    except OSError:
        pass
if len(sys.argv) == 1:
    print(sum(map(int, input().split())))
