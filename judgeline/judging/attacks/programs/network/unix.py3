import socket

a, b = map(int, input().split())
with socket.socket(socket.AF_UNIX) as client:
    try:
        client.connect("@WAY@")
        print("BREACH connected")
    except OSError:
        pass
print(a + b)
