#define _GNU_SOURCE
#include "program.h"

#include <errno.h>
#include <linux/capability.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "filter.h"
#include "system.h"

/* Limits of the processes that stand between a program and the count its user namespace keeps: pid 1 and runner. */
#define OUR_PROCESSES 2
#define PENDING_SIGNALS 1024

static int limit(int resource, uint64_t value)
{
    struct rlimit now;
    if (getrlimit(resource, &now))
        return -1;
    if (value > now.rlim_max)
        value = now.rlim_max; /* the host's own limit is lower and cannot be raised from here */
    now.rlim_cur = now.rlim_max = value;
    return setrlimit(resource, &now);
}

static int limit_program(const struct run *run)
{
    /* The runner stops a run by its measured CPU time; this stands behind it. */
    uint64_t cpu_seconds = run->cpu_ms / 1000 + 2;

    /* 1 byte of core, not 0: where the host pipes cores to a handler, 0 starts that handler all the same, as root and
     * outside the box, to read what a program made of its memory; 1 is the kernel's word for "never". */
    if (limit(RLIMIT_CORE, 1) || limit(RLIMIT_MSGQUEUE, 0) || limit(RLIMIT_MEMLOCK, 64 << 10))
        return -1;
    /* Queued signals and timers are the kernel's memory, and counted together for all boxes of one user. */
    if (limit(RLIMIT_SIGPENDING, PENDING_SIGNALS))
        return -1;
    if (limit(RLIMIT_CPU, cpu_seconds) || limit(RLIMIT_FSIZE, run->file_bytes))
        return -1;
    if (limit(RLIMIT_NPROC, run->processes + OUR_PROCESSES) || limit(RLIMIT_NOFILE, run->open_files))
        return -1;
    if (run->stack_bytes && limit(RLIMIT_STACK, run->stack_bytes))
        return -1;
    if (run->data_bytes && limit(RLIMIT_DATA, run->data_bytes))
        return -1;
    return run->address_bytes ? limit(RLIMIT_AS, run->address_bytes) : 0;
}

static int drop_capabilities(void)
{
    struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct none[2];
    memset(none, 0, sizeof none);
    if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0))
        return -1;
    return (int)syscall(SYS_capset, &header, none);
}

/* The last steps before foreign code. Gives the one that failed; gives nothing at all when the program runs. */
static const char *become_program(const struct program_start *start)
{
    sigset_t none;

    if (setsid() < 0) /* kill(0) and killpg reach no process of ours */
        return "session";
    if (chdir("/tmp"))
        return "folder";
    for (int stream = 0; stream < 3; stream++)
        if (dup2(start->streams[stream], stream) < 0)
            return "streams";
    if (syscall(SYS_close_range, 3, ~0U, 0))
        return "descriptors";
    if (limit_program(start->run))
        return "limits";
    if (drop_capabilities())
        return "capabilities";
    if (filter_install_program())
        return "seccomp";
    sigemptyset(&none);
    if (sigprocmask(SIG_SETMASK, &none, NULL))
        return "signals";
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
