/* The small tree of read-only binds that a box sees as its root. */
#ifndef JUDGELINE_TREE_H
#define JUDGELINE_TREE_H

#include <stddef.h>
#include <stdint.h>

/* Build the tree on a private mount namespace of the host's files, by `count` steps in `text` (ends at `end`). */
void tree_build(const char *text, const char *end, uint32_t count);

/* Make the built tree the root, with a /proc of the current pid namespace, and let go of the host's. */
void tree_enter(void);

/* mount_setattr(2) on one mount, or on all below it; ends the process on failure. */
void tree_protect(const char *path, uint64_t attributes, int recursive);

#endif
