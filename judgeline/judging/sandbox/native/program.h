/* Starting a stranger's program. */
#ifndef JUDGELINE_PROGRAM_H
#define JUDGELINE_PROGRAM_H

#include <sys/types.h>

#include "wire.h"

struct program_start {
    const struct run *run;
    char **arguments;
    char **variables;
    const int *streams; /* stdin, stdout, stderr */
    unsigned ours;      /* processes of the box that the kernel counts against the run's */
};

/* Start it in /tmp with nothing but its three streams, its limits and no capability. Gives its pid; on failure
 * the pid of nothing (-1), with the step and the errno. */
pid_t program_start(const struct program_start *start, const char **step, int *error);

/* Give up, for good, all that only the box's own processes may do, and dumping core. NULL, or the step that failed. */
const char *program_renounce(void);

#endif
