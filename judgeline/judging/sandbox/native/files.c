#define _GNU_SOURCE
#include "files.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "system.h"
#include "wire.h"

/* Whatever a path says, it ends below its root: no "..", no link, no other mount. */
static int open_beneath(int root, const char *path, uint64_t flags, uint64_t mode)
{
    struct open_how how = {
        .flags = flags | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY,
        .mode = mode,
        .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_XDEV,
    };
    return (int)syscall(SYS_openat2, root, path, &how, sizeof how);
}

static int make_parents(int root, const char *path)
{
    char parent[4096];
    for (const char *slash = strchr(path, '/'); slash; slash = strchr(slash + 1, '/')) {
        size_t length = (size_t)(slash - path);
        memcpy(parent, path, length);
        parent[length] = 0;
        if (mkdirat(root, parent, 0755) && errno != EEXIST)
            return -1;
    }
    return 0;
}

/* sendfile, not mmap: the runner's peak RSS is where a program's own count starts. */
static int copy(int from, off_t offset, int to, uint64_t size)
{
    while (size) {
        ssize_t moved = sendfile(to, from, &offset, size);
        if (moved < 0 && errno == EINTR)
            continue;
        if (moved == 0)
            errno = EPROTO;
        if (moved <= 0)
            return -1;
        size -= (uint64_t)moved;
    }
    return 0;
}

static int unpack_one(int archive, off_t data, int root, const char *path, const struct archive_entry *entry)
{
    if (make_parents(root, path))
        return -1;
    int file = open_beneath(root, path, O_CREAT | O_EXCL | O_WRONLY, 0600);
    if (file < 0)
        return -1;
    int result = copy(archive, data, file, entry->size) || fchmod(file, entry->mode & 0777) ? -1 : 0;
    int error = errno;
    close(file);
    errno = error;
    return result;
}

int files_unpack(int archive, const char *root_path)
{
    struct archive_entry entry;
    char path[4096];
    off_t at = 0;
    ssize_t got;
    int result = 0;
    int root = open(root_path, O_PATH | O_DIRECTORY | O_CLOEXEC);

    if (root < 0)
        return -1;
    while (result == 0 && (got = pread(archive, &entry, sizeof entry, at)) != 0) {
        off_t data = at + (off_t)sizeof entry + entry.path_length;
        errno = EPROTO;
        if (got != sizeof entry || entry.path_length == 0 || entry.path_length >= sizeof path ||
            pread(archive, path, entry.path_length, at + (off_t)sizeof entry) != (ssize_t)entry.path_length) {
            result = -1;
            break;
        }
        path[entry.path_length] = 0;
        result = unpack_one(archive, data, root, path, &entry);
        at = data + (off_t)entry.size;
    }
    int error = errno;
    close(root);
    errno = error;
    return result;
}

int files_open_left(const char *root_path, const char *path)
{
    struct stat found;
    int root = open(root_path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (root < 0)
        return -1;
    /* O_NONBLOCK: a FIFO must not make us wait for a writer that never comes. */
    int file = open_beneath(root, path, O_RDONLY | O_NONBLOCK, 0);
    close(root);
    if (file >= 0 && (fstat(file, &found) || !S_ISREG(found.st_mode))) {
        close(file);
        return -1;
    }
    return file;
}
