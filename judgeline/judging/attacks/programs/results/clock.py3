import ctypes
import signal
import time

libc = ctypes.CDLL(None)
for clock in range(12):
    try:
        time.clock_settime(clock, 0)
        print("BREACH clock", clock, flush=True)
    except OSError:
        pass
libc.prctl(29, 10**9)  # PR_SET_TIMERSLACK
libc.prctl(15, b"judgeline-box")  # PR_SET_NAME
libc.prctl(4, 0)  # PR_SET_DUMPABLE
signal.setitimer(signal.ITIMER_PROF, 0.001, 0.001)
signal.signal(signal.SIGPROF, signal.SIG_IGN)
while True:
    pass
