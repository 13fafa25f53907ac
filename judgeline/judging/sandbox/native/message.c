#define _GNU_SOURCE
#include "message.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

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
    char room[CMSG_SPACE(sizeof(int) * MESSAGE_FDS_MAX)];
    struct iovec data = {request->bytes, sizeof request->bytes - 1};
    struct msghdr message = {.msg_iov = &data, .msg_iovlen = 1, .msg_control = room, .msg_controllen = sizeof room};
    ssize_t length;

    *fd_count = 0;
    do
        length = recvmsg(control, &message, MSG_CMSG_CLOEXEC);
    while (length < 0 && errno == EINTR);
    if (length <= 0)
        return 0;
    for (struct cmsghdr *part = CMSG_FIRSTHDR(&message); part; part = CMSG_NXTHDR(&message, part)) {
        if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS)
            continue;
        *fd_count = (int)((part->cmsg_len - CMSG_LEN(0)) / sizeof(int));
        memcpy(fds, CMSG_DATA(part), (size_t)*fd_count * sizeof(int));
    }
    errno = EPROTO;
    if (message.msg_flags & (MSG_TRUNC | MSG_CTRUNC) || (size_t)length < sizeof(struct header))
        message_fail("request");
    if (request->header.version != WIRE_VERSION || request->header.length != (size_t)length)
        message_fail("request");
    request->bytes[length] = 0; /* so that the last string ends, whatever came */
    return (size_t)length;
}

void message_send(struct header *reply, enum message_kind kind, size_t length, const int *fds, int fd_count)
{
    char room[CMSG_SPACE(sizeof(int) * MESSAGE_FDS_MAX)];
    struct iovec data = {reply, length};
    struct msghdr message = {.msg_iov = &data, .msg_iovlen = 1};

    reply->version = WIRE_VERSION;
    reply->kind = kind;
    reply->length = (uint32_t)length;
    reply->reserved = 0;
    if (fd_count) {
        memset(room, 0, sizeof room);
        message.msg_control = room;
        message.msg_controllen = CMSG_SPACE(sizeof(int) * (size_t)fd_count);
        struct cmsghdr *part = CMSG_FIRSTHDR(&message);
        part->cmsg_level = SOL_SOCKET;
        part->cmsg_type = SCM_RIGHTS;
        part->cmsg_len = CMSG_LEN(sizeof(int) * (size_t)fd_count);
        memcpy(CMSG_DATA(part), fds, sizeof(int) * (size_t)fd_count);
    }
    if (sendmsg(control, &message, MSG_NOSIGNAL) != (ssize_t)length)
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
