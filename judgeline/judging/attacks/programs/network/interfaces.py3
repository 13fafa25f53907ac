import fcntl
import socket
import struct

a, b = map(int, input().split())
with socket.socket(socket.AF_UNIX) as any_socket:
    for name, request, data in (
        ("up", 0x8914, struct.pack("16sh14x", b"lo", 1)),
        ("address", 0x8916, struct.pack("16sHH4s8x", b"lo", 2, 0, bytes([127, 0, 0, 1]))),
        ("bridge", 0x89A0, b"br0\0" + bytes(36)),
    ):
        try:
            fcntl.ioctl(any_socket, request, data)
            print("BREACH", name)
        except OSError:
            pass
for line in open("/proc/net/dev"):
    name, _, counts = line.partition(":")
    if counts and any(int(count) for count in counts.split()):
        print("BREACH something went through", name)
print(a + b)
