import os
import resource
import signal

for limits in ((0, 0), (resource.RLIM_INFINITY, resource.RLIM_INFINITY), (0, 1), (2, 2)):
    try:
        resource.setrlimit(resource.RLIMIT_CORE, limits)
        print("BREACH core limit", limits, flush=True)
    except (OSError, ValueError):
        pass
for number in (signal.SIGQUIT, signal.SIGABRT, signal.SIGBUS):
    if os.fork() == 0:
        os.kill(os.getpid(), number)
    os.wait()
if any(name.startswith("core") for name in os.listdir("/tmp")):
    print("BREACH a core was written", flush=True)
os.kill(os.getpid(), signal.SIGSEGV)
