#define _GNU_SOURCE
#include "message.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "packet.h"

static int control = -1;

int message_open(void)
{
    control = fcntl(0, F_DUPFD_CLOEXEC, 3);
    int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (control < 0 || nothing < 0 || dup2(nothing, 0) < 0 || dup2(nothing, 1) < 0 || dup2(nothing, 2) < 0)
        _exit(96); /* there is no one to tell */
    if (nothing > 2)
        close(nothing);
    return control;
}

size_t message_receive(union request *request, int *fds, int *fd_count)
{
    ssize_t length = packet_receive(control, request->bytes, sizeof request->bytes - 1, fds, fd_count);

    if (length == 0 || (length < 0 && errno != EPROTO))
        return 0;
    errno = EPROTO;
    if (length < (ssize_t)sizeof(struct header))
        message_fail("request");
    if (request->header.version != WIRE_VERSION || request->header.length != (size_t)length)
        message_fail("request");
    request->bytes[length] = 0; /* so that the last string ends, whatever came */
    return (size_t)length;
}

void message_send(struct header *reply, enum message_kind kind, size_t length, const int *fds, int fd_count)
{
    reply->version = WIRE_VERSION;
    reply->kind = kind;
    reply->length = (uint32_t)length;
    reply->reserved = 0;
    if (packet_send(control, reply, length, fds, fd_count))
        _exit(95); /* the judge is gone, and the box goes with it */
}

static void send_failure(const char *step, int error, uint32_t fatal)
{
    struct failure failure = {.error = error, .fatal = fatal};
    strncpy(failure.step, step, sizeof failure.step - 1);
    message_send(&failure.header, MESSAGE_FAILED, sizeof failure, NULL, 0);
}

void message_fail(const char *step)
{
    send_failure(step, errno, 1);
    _exit(97);
}

void message_refuse(const char *step, int error)
{
    send_failure(step, error, 0);
}
