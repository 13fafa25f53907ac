/* The outermost process of a box: builds it, watches over it, and outlives it.
 *
 * It stands outside the box's pid namespace with the one process that matters as its child, the box's pid 1. When
 * the judge's process dies (a pidfd tells, so threads and forks of it do not matter) or hangs up, the guard kills
 * that pid 1, and the kernel kills everything in the box with it. The judge in turn waits for the guard alone:
 * when the guard is gone, nothing of the box is alive.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <grp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "box.h"
#include "message.h"
#include "system.h"
#include "tree.h"
#include "warm.h"

#define BOX_NAMESPACES                                                                                              \
    (CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWNET | CLONE_NEWCGROUP)

#define LEAVE_MS 100  /* what an idle box gets to leave by itself */
#define BOX_KILLED 94 /* the exit status of a guard that had to kill its box */

static union request request;

/* The judge ignores signals that programs must be able to die of (SIGPIPE, SIGXFSZ), and ignoring is inherited. */
static void reset_signals(void)
{
    sigset_t none;
    for (int number = 1; number < NSIG; number++)
        signal(number, SIG_DFL);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

/* Become a user of this box's own. The guard's pid tells boxes apart: no two living ones share it. */
static void drop_root(uint32_t base, uint32_t span)
{
    uid_t uid = base + (uid_t)getpid() % span;
    if (setgroups(0, NULL) || setresgid(uid, uid, uid) || setresuid(uid, uid, uid))
        message_fail("drop root");
    /* Changing the uid made /proc/self root's, where the box must write its uid_map. */
    if (prctl(PR_SET_DUMPABLE, 1))
        message_fail("drop root");
}

static int watch(int control, int judge, pid_t box)
{
    int ended = (int)syscall(SYS_pidfd_open, box, 0);
    struct pollfd events[3] = {{judge, POLLIN, 0}, {control, 0, 0}, {ended, POLLIN, 0}};
    int status;

    if (ended >= 0)
        while (poll(events, 3, -1) < 0 && errno == EINTR)
            continue;
    /* The judge has hung up, and an idle runner leaves by itself; a box that is killed takes along what it burnt, for
     * the kernel has the first process of a namespace reap the others uncounted. */
    if (ended >= 0 && events[1].revents && !events[0].revents && !events[2].revents)
        poll(&events[2], 1, LEAVE_MS);
    kill(box, SIGKILL);
    while (waitpid(box, &status, 0) < 0)
        if (errno != EINTR)
            return 98;
    return WIFEXITED(status) ? WEXITSTATUS(status) : BOX_KILLED;
}

int main(void)
{
    int fds[MESSAGE_FDS_MAX], fd_count;

    syscall(SYS_close_range, 3, ~0U, 0);
    reset_signals();
    umask(022);
    int control = message_open();
    if (message_receive(&request, fds, &fd_count) == 0)
        return 0;
    errno = EPROTO;
    if (request.header.kind != MESSAGE_BUILD || request.header.length < sizeof request.build)
        message_fail("request");
    if (fd_count != (request.build.arguments ? 2 : 1))
        message_fail("request");
    if (setsid() < 0)
        message_fail("session");

    if (request.build.flags & BUILD_DROP_UID) {
        /* Built while still root: an interpreter below a folder of root's alone can be bound. */
        if (unshare(CLONE_NEWNS))
            message_fail("mount namespace");
        box_build_tree(&request);
        if (request.build.uid_span == 0)
            message_fail("request");
        drop_root(request.build.uid_base, request.build.uid_span);
    }

    if (request.build.arguments)
        warm_open();
    uid_t uid = geteuid();
    gid_t gid = getegid();
    pid_t box = (pid_t)syscall(SYS_clone, BOX_NAMESPACES | SIGCHLD, 0, 0, 0, 0);
    if (box < 0)
        message_fail("namespaces");
    if (box == 0)
        box_main(control, fd_count > 1 ? fds[1] : -1, &request, uid, gid);
    if (fd_count > 1)
        close(fds[1]);
    warm_close();
    return watch(control, fds[0], box);
}
