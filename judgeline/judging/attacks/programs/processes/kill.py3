import os
import signal

a, b = map(int, input().split())
for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1):
    signal.signal(number, signal.SIG_IGN)
if os.fork() == 0:
    os.read(os.pipe()[0], 1)
os.kill(-1, signal.SIGKILL)
for target in (1, os.getppid(), @PID@, -@PID@):
    for number in range(1, 65):
        if target in (0, os.getpid()):
            continue
        try:
            os.kill(target or 1, number)
            if target == @PID@:
                print("BREACH the judge was sent a signal")
        except OSError:
            pass
for group in (0, os.getpgid(0)):
    os.killpg(group, signal.SIGTERM)
print(a + b)
