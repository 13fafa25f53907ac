#define _GNU_SOURCE
#include "program.h"

#include <errno.h>
#include <linux/capability.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "filter.h"
#include "limits.h"
#include "system.h"

static int drop_capabilities(void)
{
    struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct none[2];
    memset(none, 0, sizeof none);
    if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0))
        return -1;
    return (int)syscall(SYS_capset, &header, none);
}

const char *program_renounce(void)
{
    sigset_t none;

    if (limits_forbid_core())
        return "limits";
    if (drop_capabilities())
        return "capabilities";
    if (filter_install_program())
        return "seccomp";
    sigemptyset(&none);
    return sigprocmask(SIG_SETMASK, &none, NULL) ? "signals" : NULL;
}

/* The last steps before foreign code. Gives the one that failed; gives nothing at all when the program runs. */
static const char *become_program(const struct program_start *start)
{
    if (setsid() < 0) /* kill(0) and killpg reach no process of ours */
        return "session";
    if (chdir("/tmp"))
        return "folder";
    for (int stream = 0; stream < 3; stream++)
        if (dup2(start->streams[stream], stream) < 0)
            return "streams";
    if (syscall(SYS_close_range, 3, ~0U, 0))
        return "descriptors";
    if (limits_apply(start->run, start->ours))
        return "limits";
    const char *failed = program_renounce();
    if (failed)
        return failed;
    execve(start->arguments[0], start->arguments, start->variables);
    return "exec";
}

/* Not inlined: a vfork child must not return into a frame that its parent still needs. */
__attribute__((noinline)) pid_t program_start(const struct program_start *start, const char **step, int *error)
{
    const char *volatile failed = NULL;
    volatile int reason = 0;
    pid_t pid = vfork(); /* half the price of a fork; the child writes only what this function reads */

    if (pid == 0) {
        failed = become_program(start);
        reason = errno;
        _exit(127);
    }
    if (pid < 0 || failed) {
        *step = failed ? failed : "fork";
        *error = failed ? reason : errno;
        while (pid > 0 && waitpid(pid, NULL, 0) < 0 && errno == EINTR)
            continue;
        return -1;
    }
    return pid;
}
