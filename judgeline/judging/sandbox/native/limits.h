/* What one program may use, as the kernel holds it to it. */
#ifndef JUDGELINE_LIMITS_H
#define JUDGELINE_LIMITS_H

#include "wire.h"

/* Bind this process, and what it starts, to a run's limits. `ours` processes of the box count against it too. 0, or -1
 * with errno. */
int limits_apply(const struct run *run, unsigned ours);

/* See to it that nothing dumps core from now on; the filter for programs denies to change that again. */
int limits_forbid_core(void);

#endif
