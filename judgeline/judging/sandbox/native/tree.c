/* A step is one string that starts with its letter, then its other strings (paths in the box without leading /):
 *
 *   "d" path            a folder
 *   "b" source target   a read-only bind of the host's file or folder, with all that is mounted below it
 *   "n" source target   a device node
 *   "l" target path     a symbolic link at path
 *   "f" path content    a small file
 *   "e" path            an empty folder over one that a bind shows
 *
 * Which steps there are is the judge's decision (layout.py); this file only knows how.
 */
#define _GNU_SOURCE
#include "tree.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "message.h"
#include "system.h"

/* Where the tree stands while it is built. Nobody binds from /sys, so covering it hides nothing we need. */
#define TREE "/sys"
#define TREE_OPTIONS "mode=0755,size=1m,nr_inodes=1024"
#define EMPTY_OPTIONS "mode=0755,size=4k,nr_inodes=2"

static _Noreturn void fail_at(const char *action, const char *path)
{
    char step[112];
    int error = errno;
    snprintf(step, sizeof step, "%s %s", action, path);
    errno = error;
    message_fail(step);
}

void tree_protect(const char *path, uint64_t attributes, int recursive)
{
    struct mount_attributes change = {.set = attributes};
    int flags = AT_SYMLINK_NOFOLLOW | (recursive ? AT_RECURSIVE : 0);
    if (syscall(SYS_mount_setattr, AT_FDCWD, path, flags, &change, sizeof change))
        fail_at("protect", path);
}

static void make_folder(const char *path)
{
    if (mkdir(path, 0755) && errno != EEXIST)
        fail_at("folder", path);
}

static void make_parents(const char *path)
{
    char parent[4096];
    for (const char *slash = strchr(path, '/'); slash; slash = strchr(slash + 1, '/')) {
        size_t length = (size_t)(slash - path);
        if (length == 0 || length >= sizeof parent)
            continue;
        memcpy(parent, path, length);
        parent[length] = 0;
        make_folder(parent);
    }
}

static void make_file(const char *path, const char *content)
{
    size_t length = strlen(content);
    int file = open(path, O_CREAT | O_WRONLY | O_CLOEXEC | O_NOFOLLOW, 0644);
    if (file < 0 || write(file, content, length) != (ssize_t)length)
        fail_at("file", path);
    close(file);
}

static void make_bind(const char *source, const char *target, uint64_t attributes)
{
    struct stat found;
    if (stat(source, &found))
        fail_at("bind", source);
    if (S_ISDIR(found.st_mode))
        make_folder(target);
    else
        make_file(target, "");
    if (mount(source, target, NULL, MS_BIND | MS_REC, NULL))
        fail_at("bind", source);
    tree_protect(target, attributes, 1);
}

/* The next string of the steps; a request that ends too early is refused. */
static const char *take(const char **text, const char *end)
{
    const char *string = *text;
    if (string >= end) {
        errno = EPROTO;
        message_fail("tree");
    }
    *text = string + strlen(string) + 1;
    return string;
}

static void do_step(const char **text, const char *end)
{
    char letter = *take(text, end);
    const char *first = take(text, end);
    const char *second = letter == 'd' || letter == 'e' ? NULL : take(text, end);

    switch (letter) {
    case 'd':
        make_parents(first);
        make_folder(first);
        break;
    case 'b':
        make_parents(second);
        make_bind(first, second, MOUNT_RDONLY | MOUNT_NOSUID | MOUNT_NODEV);
        break;
    case 'n':
        make_parents(second);
        make_bind(first, second, MOUNT_RDONLY | MOUNT_NOSUID | MOUNT_NOEXEC);
        break;
    case 'l':
        make_parents(second);
        if (symlink(first, second))
            fail_at("link", second);
        break;
    case 'f':
        make_parents(first);
        make_file(first, second);
        break;
    case 'e':
        if (mount("tmpfs", first, "tmpfs", MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC, EMPTY_OPTIONS))
            fail_at("hide", first);
        break;
    default:
        errno = EPROTO;
        message_fail("tree");
    }
}

void tree_build(const char *text, const char *end, uint32_t count)
{
    if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL))
        message_fail("private mounts");
    if (mount("tmpfs", TREE, "tmpfs", MS_NOSUID | MS_NODEV, TREE_OPTIONS))
        message_fail("tree tmpfs");
    if (chdir(TREE))
        message_fail("tree folder");
    for (uint32_t step = 0; step < count; step++)
        do_step(&text, end);
    if (chdir("/"))
        message_fail("tree folder");
}

void tree_enter(void)
{
    if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL))
        message_fail("private mounts");
    /* A tree built before the user namespace is locked in place there: pivot_root takes only a mount of its own. */
    if (mount(TREE, TREE, NULL, MS_BIND | MS_REC, NULL) || chdir(TREE))
        message_fail("tree bind");
    /* Before the host's /proc goes: the kernel gives a new one only where an unmasked one can be seen. */
    if (mount("proc", "proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL))
        message_fail("proc");
    if (syscall(SYS_pivot_root, ".", ".") || umount2(".", MNT_DETACH) || chdir("/"))
        message_fail("pivot_root");
    tree_protect("/", MOUNT_RDONLY | MOUNT_NOSUID | MOUNT_NODEV, 0);
}
