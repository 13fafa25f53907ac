import atexit
import os
import sys
import threading
import time


def later():
    time.sleep(0.05)
    os.write(2, b"later\n")


class Last:
    def __del__(self):
        os.write(2, b"last\n")


a, b = map(int, input().split())
print(a + b)
atexit.register(os.write, 2, b"at exit\n")
threading.Thread(target=later).start()
keep = Last()
if os.fork() == 0:
    sys.stdout = open("/dev/null", "w")
    time.sleep(20)
    os._exit(0)
