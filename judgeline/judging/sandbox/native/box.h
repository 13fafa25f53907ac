/* Pid 1 of a box: sees to its walls, then starts the runner and waits for its end. */
#ifndef JUDGELINE_BOX_H
#define JUDGELINE_BOX_H

#include <sys/types.h>

#include "message.h"

/* Build the tree that a BUILD request asks for. */
void box_build_tree(const union request *request);

/* Runs as the first process of the new namespaces; `uid` and `gid` are the ones it has on the host. `extension` is the
 * archive of a warm box's extension, else -1. */
_Noreturn void box_main(int control, int extension, union request *request, uid_t uid, gid_t gid);

#endif
