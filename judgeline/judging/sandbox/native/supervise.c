#define _GNU_SOURCE
#include "supervise.h"

#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "message.h"
#include "usage.h"
#include "warm.h"

#define TICK_US 10000 /* how often a run is looked at for its output, and for its memory where no cgroup does */
#define CHECK_MIN_US 1000
#define LOOK_SHARE 4 /* a look is followed by at least so many times its length without one */
#define INTERPRETER_MS 10000 /* within which an interpreter must have seen its child's end */

static unsigned cores = 1;
static sigset_t child_signal;
static int child_events = -1; /* the same signal as a descriptor, where an interpreter's word is waited for too */

void supervise_prepare(void)
{
    cpu_set_t allowed;

    if (sched_getaffinity(0, sizeof allowed, &allowed) == 0)
        cores = (unsigned)CPU_COUNT(&allowed);
    sigemptyset(&child_signal);
    sigaddset(&child_signal, SIGCHLD);
    if (sigprocmask(SIG_BLOCK, &child_signal, NULL))
        message_fail("signals");
    if (!warm_is_on())
        return;
    child_events = signalfd(-1, &child_signal, SFD_CLOEXEC | SFD_NONBLOCK);
    if (child_events < 0)
        message_fail("signals");
}

static int output_is_too_long(const struct progress *progress)
{
    struct stat out, err;
    if (fstat(progress->streams[1], &out) || fstat(progress->streams[2], &err))
        message_fail("output size");
    return (uint64_t)out.st_size > progress->run->output_bytes || (uint64_t)err.st_size > progress->run->stderr_bytes;
}

static void count(struct progress *progress, const struct rusage *used)
{
    progress->report.cpu_us += usage_cpu_us(used);
    if ((uint64_t)used->ru_maxrss > progress->report.peak_kb)
        progress->report.peak_kb = (uint64_t)used->ru_maxrss;
}

static void end_first(struct progress *progress, int status)
{
    progress->report.status = status;
    progress->report.wall_us = usage_now_us() - progress->started_us;
    progress->ended = 1;
}

/* Reap what has ended, and hear what the interpreter has reaped. */
static void reap(struct progress *progress, int options)
{
    struct rusage used;
    struct ended ended;
    int status;
    pid_t pid;

    while ((pid = wait4(-1, &status, options, &used)) > 0) {
        count(progress, &used);
        if (pid == progress->first)
            end_first(progress, status);
    }
    int reason = errno;
    if (!progress->first && !progress->ended && warm_ended(&ended, &progress->step, &progress->error)) {
        progress->report.cpu_us += ended.cpu_us;
        progress->report.runner_us += ended.own_us;
        if (ended.peak_kb > progress->report.peak_kb)
            progress->report.peak_kb = ended.peak_kb;
        end_first(progress, ended.status);
    }
    errno = reason;
}

/* Which limit the run has reached at `elapsed`; also plans the next looks. */
static enum stopped check(struct progress *progress, uint64_t elapsed)
{
    const struct run *run = progress->run;
    uint64_t limit = (uint64_t)run->cpu_ms * 1000;
    int tick = elapsed >= progress->next_tick_us;

    if (elapsed >= (uint64_t)run->wall_ms * 1000)
        return STOPPED_WALL;
    if (tick) {
        progress->next_tick_us = elapsed + TICK_US;
        if (output_is_too_long(progress))
            return STOPPED_OUTPUT;
    }
    if (elapsed < progress->next_cpu_check_us && !(tick && run->watched_bytes))
        return STOPPED_NO;
    struct usage living = usage_of_living(tick ? run->watched_bytes / 1024 : 0);
    if (living.memory_kb > progress->report.tree_kb)
        progress->report.tree_kb = living.memory_kb;
    if (living.memory_kb > run->watched_bytes / 1024)
        return STOPPED_MEMORY;
    uint64_t used = progress->report.cpu_us + living.cpu_us;
    if (used >= limit)
        return STOPPED_CPU;
    if (tick) {
        /* To look must not cost the host more than a share of what is looked at. */
        uint64_t looked = usage_now_us() - progress->started_us - elapsed;
        progress->next_tick_us += LOOK_SHARE * looked;
    }
    uint64_t soonest = (limit - used) / cores; /* if it burnt every core from now on */
    progress->next_cpu_check_us = elapsed + (soonest > CHECK_MIN_US ? soonest : CHECK_MIN_US);
    return STOPPED_NO;
}

static void wait_for_event(const struct progress *progress, uint64_t elapsed)
{
    uint64_t next = (uint64_t)progress->run->wall_ms * 1000;
    if (progress->next_tick_us < next)
        next = progress->next_tick_us;
    if (progress->next_cpu_check_us < next)
        next = progress->next_cpu_check_us;
    uint64_t wait = next > elapsed ? next - elapsed : 0;
    struct timespec timeout = {(time_t)(wait / 1000000), (long)(wait % 1000000) * 1000};
    if (progress->first) {
        sigtimedwait(&child_signal, NULL, &timeout);
        return;
    }
    struct pollfd events[2] = {{warm_descriptor(), POLLIN, 0}, {child_events, POLLIN, 0}};
    struct signalfd_siginfo heard;
    ppoll(events, 2, &timeout, NULL);
    while (events[1].revents && read(child_events, &heard, sizeof heard) > 0)
        continue;
}

/* The interpreter's word of a process that it has forked, or is about to; it cannot be killed from here. */
static void await_interpreter(uint64_t deadline_us)
{
    struct pollfd event = {warm_descriptor(), POLLIN, 0};
    poll(&event, 1, 5);
    errno = ETIMEDOUT;
    if (usage_now_us() > deadline_us)
        message_fail("warm interpreter");
}

/* kill(-1) cannot miss a process that is being forked: the kernel lets no fork finish under a pending signal.
 * When there is no child left there is no process left, for every orphan is the runner's child; but for the first
 * one of a warm run, which is gone when the interpreter has said so. */
static void end_all(struct progress *progress)
{
    uint64_t deadline_us = usage_now_us() + INTERPRETER_MS * 1000;

    while (kill(-1, SIGKILL) == 0 || errno != ESRCH || !progress->ended) {
        reap(progress, 0);
        if (errno != ECHILD && errno != EINTR)
            message_fail("wait");
        if (!progress->ended)
            await_interpreter(deadline_us);
    }
}

void supervise(struct progress *progress)
{
    progress->next_tick_us = TICK_US;
    progress->next_cpu_check_us = (uint64_t)progress->run->cpu_ms * 1000 / cores;
    for (;;) {
        reap(progress, WNOHANG);
        if (progress->ended)
            break;
        uint64_t elapsed = usage_now_us() - progress->started_us;
        progress->report.stopped = check(progress, elapsed);
        if (progress->report.stopped)
            break;
        wait_for_event(progress, elapsed);
    }
    end_all(progress);
    /* A program may end by itself, or be ended, between two looks. Too long an output outranks the rest: it is
     * also what filled the memory and took the time. */
    if (output_is_too_long(progress))
        progress->report.stopped = STOPPED_OUTPUT;
    else if (!progress->report.stopped && progress->report.cpu_us > (uint64_t)progress->run->cpu_ms * 1000)
        progress->report.stopped = STOPPED_CPU;
}
