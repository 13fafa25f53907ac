#define _GNU_SOURCE
#include "box.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "filter.h"
#include "runner.h"
#include "tree.h"
#include "warm.h"

#define BOX_UID 1000 /* what programs see as their uid and gid */
#define HOST_NAME "judgeline"

void box_build_tree(const union request *request)
{
    const char *text = request->bytes + sizeof request->build;
    uint32_t others = request->build.arguments + request->build.variables;
    for (const char *end = request->bytes + request->header.length; others && text < end; others--)
        text += strlen(text) + 1;
    tree_build(text, request->bytes + request->header.length, request->build.steps);
}

static void write_file(const char *path, const char *text)
{
    size_t length = strlen(text);
    int file = open(path, O_WRONLY | O_CLOEXEC);
    if (file < 0 || write(file, text, length) != (ssize_t)length)
        message_fail(path);
    close(file);
}

/* In a new user namespace: be BOX_UID, and nobody else. */
static void map_user(uid_t uid, gid_t gid)
{
    char line[64];
    write_file("/proc/self/setgroups", "deny");
    snprintf(line, sizeof line, "%d %u 1", BOX_UID, uid);
    write_file("/proc/self/uid_map", line);
    snprintf(line, sizeof line, "%d %u 1", BOX_UID, gid);
    write_file("/proc/self/gid_map", line);
}

/* A second user namespace with its own copy of the mounts: there the kernel locks every one of them, so that not
 * even the runner's capabilities can undo a read-only bind or uncover what one hides. */
static void lock_mounts(void)
{
    if (unshare(CLONE_NEWUSER | CLONE_NEWNS))
        message_fail("nested user namespace");
    map_user(BOX_UID, BOX_UID);
    if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL))
        message_fail("private mounts");
    write_file("/proc/sys/user/max_user_namespaces", "0");
}

static pid_t start_runner(union request *request)
{
    uint32_t flags = request->build.flags;

    if (request->build.arguments)
        return warm_start(request);
    if (filter_install_box(flags & BUILD_NO_HIDDEN_MEMORY, flags & BUILD_NO_HIDDEN_CPU))
        message_fail("seccomp");
    pid_t runner = (pid_t)syscall(SYS_clone, CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWIPC | SIGCHLD, 0, 0, 0, 0);
    if (runner < 0)
        message_fail("inner namespaces");
    return runner;
}

void box_main(int control, int extension, union request *request, uid_t uid, gid_t gid)
{
    if (prctl(PR_SET_PDEATHSIG, SIGKILL))
        message_fail("parent death signal");
    map_user(uid, gid);
    if (!(request->build.flags & BUILD_DROP_UID))
        box_build_tree(request);
    tree_enter();
    if (sethostname(HOST_NAME, strlen(HOST_NAME)))
        message_fail("host name");
    lock_mounts();

    pid_t runner = start_runner(request);
    if (runner == 0)
        runner_main(request, extension);
    prctl(PR_SET_DUMPABLE, 0);
    close(control);
    /* With it goes all else in the box. */
    for (pid_t ended = 0; ended != runner;)
        if ((ended = waitpid(-1, NULL, 0)) < 0 && errno != EINTR)
            break;
    warm_end_interpreter();
    _exit(0);
}
