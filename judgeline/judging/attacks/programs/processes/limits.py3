import os
import resource

a, b = map(int, input().split())


def attempt(what, action):
    try:
        action()
    except OSError:
        return
    print("BREACH", what)


for pid in (1, os.getppid() or 1):
    for limit in (resource.RLIMIT_NOFILE, resource.RLIMIT_CPU, resource.RLIMIT_NPROC, resource.RLIMIT_AS):
        attempt(f"limit {limit} of {pid}", lambda: resource.prlimit(pid, limit, (1, 1)))
    attempt(f"priority of {pid}", lambda: os.setpriority(os.PRIO_PROCESS, pid, 19))
    attempt(f"processors of {pid}", lambda: os.sched_setaffinity(pid, {0}))
    attempt(f"scheduler of {pid}", lambda: os.sched_setscheduler(pid, os.SCHED_IDLE, os.sched_param(0)))
    attempt(f"score of {pid}", lambda: os.write(os.open(f"/proc/{pid}/oom_score_adj", os.O_WRONLY), b"1000"))
attempt("priority of all", lambda: os.setpriority(os.PRIO_USER, 0, 19))
attempt("own processors", lambda: os.sched_setaffinity(0, {0}))
attempt("own score", lambda: os.write(os.open("/proc/self/oom_score_adj", os.O_WRONLY), b"-1000"))
print(a + b)
