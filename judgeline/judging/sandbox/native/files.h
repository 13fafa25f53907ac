/* Files that go into a box, and files that come out of it. */
#ifndef JUDGELINE_FILES_H
#define JUDGELINE_FILES_H

#include <stdint.h>

/* Write every file of an archive (wire.h) below the folder `root`. Gives 0, or -1 with errno. */
int files_unpack(int archive, const char *root);

/* Open a regular file that a program left below `root`, following no link; -1 when there is none. */
int files_open_left(const char *root, const char *path);

#endif
