/* The interpreter that stands by in a warm box: it has started and compiled the program before the first test, and
 * forks for each.
 *
 * It lives outside of the runner's pid namespace, where no program sees it, with no capability and under the whole
 * filter; its children alone are born inside. It runs no line of the program itself: it compiles it, and a child that
 * it forked does the rest (../python/sitecustomize.c).
 */
#ifndef JUDGELINE_WARM_H
#define JUDGELINE_WARM_H

#include <sys/types.h>

#include "message.h"

/* In the guard, before there is a box: make the socket between runner and interpreter, outside of the network namespace
 * in which programs could see that it is there. */
void warm_open(void);

/* In the guard, once the box has been forked: let go of it. */
void warm_close(void);

/* In the box's pid 1: start the interpreter's process, which starts the runner first, as a sibling in namespaces of
 * the runner's own. Gives the runner's pid in both of them and 0 in the runner itself, where `archive` holds the
 * extension that makes the interpreter wait. */
pid_t warm_start(union request *request);

/* In the box's pid 1, once the runner is gone: end the interpreter, and count what it and its children burnt as ours. */
void warm_end_interpreter(void);

/* The rest is the runner's. */

/* Whether there is an interpreter and it is still of use. */
int warm_is_on(void);

/* Show the interpreter its extension, unpacked in /prog, and let it start. */
void warm_begin(int archive);

/* Wait until the interpreter has started and let go of /prog. */
void warm_await(void);

/* Have it compile its program, which is in /prog now. Where it cannot, it is of no use any more. Gives the CPU time that
 * the interpreter has burnt so far, microseconds. */
uint64_t warm_compile(void);

/* Have it fork a run; `request` is the judge's own. 0, or -1 with errno. */
int warm_run(const union request *request, const int *streams);

/* A descriptor that can be read when warm_ended has something. */
int warm_descriptor(void);

/* Take the word of a run's end, if it is there: 1, with the step and errno where it could not even start. */
int warm_ended(struct ended *ended, const char **step, int *error);

#endif
