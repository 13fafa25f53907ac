import socket

a, b = map(int, input().split())
for family in range(2, 50):
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_RAW, socket.SOCK_SEQPACKET, 4):
        for protocol in (0, 1, 6, 17, 255, 0x0300):
            try:
                socket.socket(family, kind, protocol).close()
                print("BREACH family", family, kind, protocol)
            except OSError:
                pass
for family in range(2, 50):
    try:
        socket.socketpair(family)
        print("BREACH a pair of family", family)
    except OSError:
        pass
print(a + b)
