/* What the living processes of a box use, read from its /proc. */
#ifndef JUDGELINE_USAGE_H
#define JUDGELINE_USAGE_H

#include <stdint.h>
#include <sys/resource.h>

struct usage {
    uint64_t cpu_us;    /* of the living and of the children they waited for */
    uint64_t memory_kb; /* their own pages, what lies in /tmp, and what may wait in sockets */
};

uint64_t usage_now_us(void);
uint64_t usage_cpu_us(const struct rusage *used);

/* Look at every process but pid 1. Memory costs another file a process, so it is read only where a limit (`most_kb`,
 * 0 for none) is asked for. Below it the sum may be too large by what processes share; above it is exact. */
struct usage usage_of_living(uint64_t most_kb);

#endif
