/* The seccomp filters: one for all in a box, and a small one for programs alone. */
#ifndef JUDGELINE_FILTER_H
#define JUDGELINE_FILTER_H

/* For everything in the box from now on. The flags deny what escapes counting where no cgroup counts (wire.h). */
int filter_install_box(int no_hidden_memory, int no_hidden_cpu);

/* For a program about to start: takes what the runner still needs. Costs some 10 us, the other one 150. */
int filter_install_program(void);

#endif
