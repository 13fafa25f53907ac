/* One message on a SEQPACKET socket, with the descriptors that come along. */
#ifndef JUDGELINE_PACKET_H
#define JUDGELINE_PACKET_H

#include <sys/types.h>

#include "wire.h"

/* Send one whole. 0, or -1 with errno. */
int packet_send(int socket, const void *bytes, size_t length, const int *fds, int fd_count);

/* Wait for one of at most `size` bytes. Gives its length, 0 when the other end has hung up, -1 with errno: EPROTO for
 * one that is longer or brings more than MESSAGE_FDS_MAX descriptors. */
ssize_t packet_receive(int socket, void *bytes, size_t size, int *fds, int *fd_count);

#endif
