#define _GNU_SOURCE
#include "limits.h"

#include <sys/resource.h>

#define PENDING_SIGNALS 1024

static int limit(int resource, uint64_t value)
{
    struct rlimit now;
    if (getrlimit(resource, &now))
        return -1;
    if (value > now.rlim_max)
        value = now.rlim_max; /* the host's own limit is lower and cannot be raised from here */
    now.rlim_cur = now.rlim_max = value;
    return setrlimit(resource, &now);
}

/* 1 byte, not 0: where the host pipes cores to a handler, 0 starts that handler all the same, as root and outside the
 * box, to read what a program made of its memory; 1 is the kernel's word for "never". */
int limits_forbid_core(void)
{
    return limit(RLIMIT_CORE, 1);
}

int limits_apply(const struct run *run, unsigned ours)
{
    /* The runner stops a run by its measured CPU time; this stands behind it. */
    uint64_t cpu_seconds = run->cpu_ms / 1000 + 2;

    if (limit(RLIMIT_MSGQUEUE, 0) || limit(RLIMIT_MEMLOCK, 64 << 10))
        return -1;
    /* Queued signals and timers are the kernel's memory, and counted together for all boxes of one user. */
    if (limit(RLIMIT_SIGPENDING, PENDING_SIGNALS))
        return -1;
    if (limit(RLIMIT_CPU, cpu_seconds) || limit(RLIMIT_FSIZE, run->file_bytes))
        return -1;
    if (limit(RLIMIT_NPROC, run->processes + ours) || limit(RLIMIT_NOFILE, run->open_files))
        return -1;
    if (run->stack_bytes && limit(RLIMIT_STACK, run->stack_bytes))
        return -1;
    if (run->data_bytes && limit(RLIMIT_DATA, run->data_bytes))
        return -1;
    return run->address_bytes ? limit(RLIMIT_AS, run->address_bytes) : 0;
}
