/* As pid 1 the runner cannot be killed, stopped or traced by the programs, which share its uid but none of its
 * capabilities; kill(-1) of its own ends all of them at once; and the ones whose parents die become its children.
 * Nothing of a run outlives it: every process is dead and reaped before /tmp goes and the report leaves.
 */
#define _GNU_SOURCE
#include "runner.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "files.h"
#include "program.h"
#include "usage.h"

#define STRINGS_MAX 4096
#define TICK_US 10000 /* how often a run is looked at for its output, and for its memory where no cgroup does */
#define CHECK_MIN_US 1000
#define LOOK_SHARE 4 /* a look is followed by at least so many times its length without one */

static int last_pid = -1;  /* /proc/sys/kernel/ns_last_pid */
static int oom_score = -1; /* /proc/self/oom_score_adj */
static char own_oom_score[16];
static unsigned cores = 1;
static sigset_t child_signal;

/* What one run has come to so far. */
struct progress {
    const struct run *run;
    const int *streams;
    struct report report;
    uint64_t started_us;
    uint64_t next_cpu_check_us; /* of wall time since the start */
    uint64_t next_tick_us;
};

static void mount_tmpfs(const char *path, uint64_t bytes, uint64_t inodes)
{
    char options[96];
    snprintf(options, sizeof options, "mode=0755,size=%llu,nr_inodes=%llu", (unsigned long long)bytes,
             (unsigned long long)inodes);
    if (mount("tmpfs", path, "tmpfs", MS_NOSUID | MS_NODEV, options))
        message_fail("tmpfs");
}

static void prepare(void)
{
    cpu_set_t allowed;

    if (mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL))
        message_fail("inner proc");
    if (chdir("/"))
        message_fail("folder");
    /* Only some kernels let pid numbers be set again; elsewhere they tell a program how many ran before it. */
    last_pid = open("/proc/sys/kernel/ns_last_pid", O_WRONLY | O_CLOEXEC);
    oom_score = open("/proc/self/oom_score_adj", O_RDWR | O_CLOEXEC);
    if (oom_score < 0 || pread(oom_score, own_oom_score, sizeof own_oom_score - 1, 0) <= 0)
        message_fail("oom_score_adj");
    if (sched_getaffinity(0, sizeof allowed, &allowed) == 0)
        cores = (unsigned)CPU_COUNT(&allowed);
    sigemptyset(&child_signal);
    sigaddset(&child_signal, SIGCHLD);
    if (sigprocmask(SIG_BLOCK, &child_signal, NULL))
        message_fail("signals");
    /* Last: from here on /proc/1 belongs to a root that does not exist in the box. */
    if (prctl(PR_SET_DUMPABLE, 0))
        message_fail("dumpable");
}

static void load(const struct load *request, int archive)
{
    struct header reply;

    mount_tmpfs("/prog", request->bytes, request->inodes);
    if (files_unpack(archive, "/prog"))
        message_fail("load");
    if (mount(NULL, "/prog", NULL, MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID | MS_NODEV, NULL))
        message_fail("protect /prog");
    message_send(&reply, MESSAGE_LOADED, sizeof reply, NULL, 0);
}

/* Cut the strings after a RUN request into its three lists, each ended by a null. */
static void split(union request *request, char **arguments, char **variables, char **collects)
{
    struct run *run = &request->run;
    char *text = request->bytes + sizeof *run;
    const char *end = request->bytes + run->header.length;
    char **lists[3] = {arguments, variables, collects};
    uint32_t counts[3] = {run->arguments, run->variables, run->collects};

    errno = EPROTO;
    if (counts[0] < 1 || counts[0] > STRINGS_MAX || counts[1] > STRINGS_MAX || counts[2] > MESSAGE_FDS_MAX)
        message_fail("request");
    for (int list = 0; list < 3; list++) {
        for (uint32_t index = 0; index < counts[list]; index++) {
            if (text >= end)
                message_fail("request");
            lists[list][index] = text;
            text += strlen(text) + 1;
        }
        lists[list][counts[list]] = NULL;
    }
}

/* Programs are the OOM killer's first choice, before the runner and before all else on the host; what is inherited
 * is set before the fork. */
static void set_oom_score(const char *score)
{
    if (pwrite(oom_score, score, strlen(score), 0) < 0)
        message_fail("oom_score_adj");
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

/* Reap what has ended; true when the first process was among it. */
static int reap(struct progress *progress, pid_t first, int options)
{
    struct rusage used;
    int status, ended = 0;
    pid_t pid;

    while ((pid = wait4(-1, &status, options, &used)) > 0) {
        count(progress, &used);
        if (pid == first) {
            progress->report.status = status;
            progress->report.wall_us = usage_now_us() - progress->started_us;
            ended = 1;
        }
    }
    return ended;
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
    sigtimedwait(&child_signal, NULL, &timeout);
}

/* kill(-1) cannot miss a process that is being forked: the kernel lets no fork finish under a pending signal.
 * When there is no child left there is no process left, for every orphan is the runner's child. */
static void end_all(struct progress *progress, pid_t first)
{
    while (kill(-1, SIGKILL) == 0 || errno != ESRCH) {
        reap(progress, first, 0);
        if (errno != ECHILD && errno != EINTR)
            message_fail("wait");
    }
}

static void supervise(struct progress *progress, pid_t first)
{
    uint64_t elapsed = 0;

    progress->next_tick_us = TICK_US;
    progress->next_cpu_check_us = (uint64_t)progress->run->cpu_ms * 1000 / cores;
    while (!reap(progress, first, WNOHANG)) {
        elapsed = usage_now_us() - progress->started_us;
        progress->report.stopped = check(progress, elapsed);
        if (progress->report.stopped)
            break;
        wait_for_event(progress, elapsed);
    }
    end_all(progress, first);
    /* A program may end by itself, or be ended, between two looks. Too long an output outranks the rest: it is
     * also what filled the memory and took the time. */
    if (output_is_too_long(progress))
        progress->report.stopped = STOPPED_OUTPUT;
    else if (!progress->report.stopped && progress->report.cpu_us > (uint64_t)progress->run->cpu_ms * 1000)
        progress->report.stopped = STOPPED_CPU;
}

static uint64_t own_cpu_us(void)
{
    struct rusage used;
    getrusage(RUSAGE_SELF, &used);
    return usage_cpu_us(&used);
}

static void run(union request *request, const int *fds, int fd_count)
{
    static char *arguments[STRINGS_MAX + 1], *variables[STRINGS_MAX + 1], *collects[MESSAGE_FDS_MAX + 1];
    struct progress progress = {.run = &request->run, .streams = fds};
    struct program_start start = {&request->run, arguments, variables, fds};
    int collected[MESSAGE_FDS_MAX], collected_count = 0, error = 0;
    const char *step = NULL;

    uint64_t own = own_cpu_us();
    split(request, arguments, variables, collects);
    if (last_pid >= 0 && pwrite(last_pid, "1", 1, 0) != 1)
        message_fail("ns_last_pid");
    mount_tmpfs("/tmp", request->run.tmp_bytes, request->run.tmp_inodes);
    if (fd_count > 3 && files_unpack(fds[3], "/tmp")) {
        step = "files";
        error = errno;
    }
    if (!step) {
        set_oom_score("1000");
        progress.started_us = usage_now_us();
        pid_t first = program_start(&start, &step, &error);
        set_oom_score(own_oom_score);
        if (first > 0)
            supervise(&progress, first);
    }
    for (uint32_t index = 0; !step && index < request->run.collects; index++) {
        int file = files_open_left("/tmp", collects[index]);
        if (file < 0)
            continue;
        progress.report.collected |= 1u << index;
        collected[collected_count++] = file;
    }
    /* Detached, for the collected files live on until the judge has read them. */
    if (umount2("/tmp", MNT_DETACH))
        message_fail("unmount /tmp");
    progress.report.runner_us = own_cpu_us() - own;
    if (step)
        message_refuse(step, error);
    else
        message_send(&progress.report.header, MESSAGE_DONE, sizeof progress.report, collected, collected_count);
    for (int index = 0; index < collected_count; index++)
        close(collected[index]);
}

void runner_main(union request *request)
{
    struct header ready;
    int fds[MESSAGE_FDS_MAX], fd_count;
    int loaded = 0;

    prepare();
    message_send(&ready, MESSAGE_READY, sizeof ready, NULL, 0);
    while (message_receive(request, fds, &fd_count)) {
        uint32_t kind = request->header.kind, length = request->header.length;
        errno = EPROTO;
        if (kind == MESSAGE_LOAD && length == sizeof request->load && fd_count == 1 && !loaded++)
            load(&request->load, fds[0]);
        else if (kind == MESSAGE_RUN && length > sizeof request->run && (fd_count == 3 || fd_count == 4))
            run(request, fds, fd_count);
        else
            message_fail("request");
        for (int index = 0; index < fd_count; index++)
            close(fds[index]);
    }
    _exit(0);
}
