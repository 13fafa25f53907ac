/* Messages over the control socket, with descriptors. */
#ifndef JUDGELINE_MESSAGE_H
#define JUDGELINE_MESSAGE_H

#include <stddef.h>

#include "wire.h"

/* A request: room for the longest one, aligned for every struct of wire.h. */
union request {
    struct header header;
    struct build build;
    struct load load;
    struct run run;
    char bytes[MESSAGE_MAX];
};

/* Keep the control socket, which is descriptor 0 at start, as a close-on-exec descriptor of its own. */
int message_open(void);

/* Wait for one whole, well-formed message; gives 0 when the judge has hung up, else its length. */
size_t message_receive(union request *request, int *fds, int *fd_count);

/* Send a reply whose header fields are filled here. */
void message_send(struct header *reply, enum message_kind kind, size_t length, const int *fds, int fd_count);

/* Tell the judge which step failed and why (errno), and end this process. */
_Noreturn void message_fail(const char *step);

/* The same for a program that could not be started; the box lives on. */
void message_refuse(const char *step, int error);

#endif
