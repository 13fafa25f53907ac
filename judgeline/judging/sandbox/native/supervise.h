/* One run from its start to its end: watched, timed, stopped at its limits, and cleared away. */
#ifndef JUDGELINE_SUPERVISE_H
#define JUDGELINE_SUPERVISE_H

#include <sys/types.h>

#include "wire.h"

/* What one run has come to so far. `run` and `streams`, then `first` and `started_us`, are set by who starts it. */
struct progress {
    const struct run *run;
    const int *streams;
    pid_t first; /* 0 where the interpreter waits for it, outside of our namespace */
    int ended;   /* the first process has, and its status is known */
    const char *step;
    int error; /* of the step at which it could not be started */
    struct report report;
    uint64_t started_us;
    uint64_t next_cpu_check_us; /* of wall time since the start */
    uint64_t next_tick_us;
};

/* Once, before any run. Blocks SIGCHLD, which is waited for from then on. */
void supervise_prepare(void);

/* Watch over a run that was started just now until no process of it is left. */
void supervise(struct progress *progress);

#endif
