/* As pid 1 the runner cannot be killed, stopped or traced by the programs, which share its uid but none of its
 * capabilities; kill(-1) of its own ends all of them at once; and the ones whose parents die become its children.
 * Nothing of a run outlives it: every process is dead and reaped before /tmp goes and the report leaves.
 */
#define _GNU_SOURCE
#include "runner.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "files.h"
#include "program.h"
#include "supervise.h"
#include "usage.h"
#include "warm.h"

#define STRINGS_MAX 4096

static int last_pid = -1;  /* /proc/sys/kernel/ns_last_pid */
static int oom_score = -1; /* /proc/self/oom_score_adj */
static char own_oom_score[16];

/* Processes of the box that stand between a program and the count its user namespace keeps. */
#define OUR_PROCESSES 2u /* pid 1 and runner */
#define WARM_PROCESSES 3u

static void mount_tmpfs(const char *path, uint64_t bytes, uint64_t inodes)
{
    char options[96];
    snprintf(options, sizeof options, "mode=0755,size=%llu,nr_inodes=%llu", (unsigned long long)bytes,
             (unsigned long long)inodes);
    if (mount("tmpfs", path, "tmpfs", MS_NOSUID | MS_NODEV, options))
        message_fail("tmpfs");
}

static void prepare(int extension)
{
    if (mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL))
        message_fail("inner proc");
    if (chdir("/"))
        message_fail("folder");
    /* Only some kernels let pid numbers be set again; elsewhere they tell a program how many ran before it. */
    last_pid = open("/proc/sys/kernel/ns_last_pid", O_WRONLY | O_CLOEXEC);
    oom_score = open("/proc/self/oom_score_adj", O_RDWR | O_CLOEXEC);
    if (oom_score < 0 || pread(oom_score, own_oom_score, sizeof own_oom_score - 1, 0) <= 0)
        message_fail("oom_score_adj");
    supervise_prepare();
    if (warm_is_on())
        warm_begin(extension);
    /* Last: from here on /proc/1 belongs to a root that does not exist in the box. */
    if (prctl(PR_SET_DUMPABLE, 0))
        message_fail("dumpable");
}

static void load(const struct load *request, int archive)
{
    struct loaded reply = {.reserved = 0};

    if (warm_is_on())
        warm_await();
    mount_tmpfs("/prog", request->bytes, request->inodes);
    if (files_unpack(archive, "/prog"))
        message_fail("load");
    if (mount(NULL, "/prog", NULL, MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID | MS_NODEV, NULL))
        message_fail("protect /prog");
    reply.own_us = warm_compile();
    reply.warm = (uint32_t)warm_is_on();
    message_send(&reply.header, MESSAGE_LOADED, sizeof reply, NULL, 0);
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

static uint64_t own_cpu_us(void)
{
    struct rusage used;
    getrusage(RUSAGE_SELF, &used);
    return usage_cpu_us(&used);
}

/* Start the run's first process; false where that failed, and `progress` says at which step. */
static int start(struct progress *progress, const union request *request, char **arguments, char **variables)
{
    struct program_start program = {
        .run = progress->run,
        .arguments = arguments,
        .variables = variables,
        .streams = progress->streams,
        .ours = warm_is_on() ? WARM_PROCESSES : OUR_PROCESSES,
    };

    progress->started_us = usage_now_us();
    if (progress->run->warm) {
        errno = ESRCH;
        if (warm_is_on() && warm_run(request, progress->streams) == 0)
            return 1;
        progress->step = "warm interpreter";
        progress->error = errno;
        return 0;
    }
    set_oom_score("1000");
    progress->first = program_start(&program, &progress->step, &progress->error);
    set_oom_score(own_oom_score);
    return progress->first > 0;
}

static void run(union request *request, const int *fds, int fd_count)
{
    static char *arguments[STRINGS_MAX + 1], *variables[STRINGS_MAX + 1], *collects[MESSAGE_FDS_MAX + 1];
    struct progress progress = {.run = &request->run, .streams = fds};
    int collected[MESSAGE_FDS_MAX], collected_count = 0;

    uint64_t own = own_cpu_us();
    split(request, arguments, variables, collects);
    if (last_pid >= 0 && pwrite(last_pid, "1", 1, 0) != 1)
        message_fail("ns_last_pid");
    mount_tmpfs("/tmp", request->run.tmp_bytes, request->run.tmp_inodes);
    if (fd_count > 3 && files_unpack(fds[3], "/tmp")) {
        progress.step = "files";
        progress.error = errno;
    } else if (start(&progress, request, arguments, variables)) {
        supervise(&progress);
    }
    for (uint32_t index = 0; !progress.step && index < request->run.collects; index++) {
        int file = files_open_left("/tmp", collects[index]);
        if (file < 0)
            continue;
        progress.report.collected |= 1u << index;
        collected[collected_count++] = file;
    }
    /* Detached, for the collected files live on until the judge has read them. */
    if (umount2("/tmp", MNT_DETACH))
        message_fail("unmount /tmp");
    progress.report.runner_us += own_cpu_us() - own;
    if (progress.step)
        message_refuse(progress.step, progress.error);
    else
        message_send(&progress.report.header, MESSAGE_DONE, sizeof progress.report, collected, collected_count);
    for (int index = 0; index < collected_count; index++)
        close(collected[index]);
}

void runner_main(union request *request, int extension)
{
    struct header ready;
    int fds[MESSAGE_FDS_MAX], fd_count;
    int loaded = 0;

    prepare(extension);
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
