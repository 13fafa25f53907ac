import resource
import signal

for number in (signal.SIGXCPU, signal.SIGALRM, signal.SIGVTALRM, signal.SIGPROF, signal.SIGTERM):
    signal.signal(number, signal.SIG_IGN)
for limit in ((resource.RLIM_INFINITY, resource.RLIM_INFINITY), (1000, 1000)):
    try:
        resource.setrlimit(resource.RLIMIT_CPU, limit)
        print("BREACH its CPU limit is", resource.getrlimit(resource.RLIMIT_CPU), flush=True)
    except (OSError, ValueError):
        pass
while True:
    pass
