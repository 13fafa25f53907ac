#define _GNU_SOURCE
#include "warm.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "files.h"
#include "filter.h"
#include "packet.h"
#include "program.h"
#include "system.h"

#define ARGUMENTS_MAX 64
#define INTERPRETER_FD 3 /* where the interpreter finds its end of the socket */
#define START_MS 5000    /* it starts in 10 ms; on a busy host in more */
#define COMPILE_MS 20000

/* Room for the stack of any program: how far one may grow is settled when its process starts. */
#define STACK_ROOM (64ULL << 30)

static int ends[2] = {-1, -1}; /* of the socket: the runner's, the interpreter's */
static pid_t interpreter;      /* known to pid 1 alone */
static int talk = -1; /* the runner's end; -1 when there is no interpreter */
static struct {
    struct failure failure;
    int seen;
} failed_start;

static void install_filter(const union request *request)
{
    uint32_t flags = request->build.flags;
    if (filter_install_box(flags & BUILD_NO_HIDDEN_MEMORY, flags & BUILD_NO_HIDDEN_CPU))
        message_fail("seccomp");
}

/* Wait for the runner's word that the extension is in its place, then run the interpreter. No one is told of a
 * failure: the runner sees the socket close, and programs start cold. */
static _Noreturn void become_interpreter(union request *request, int theirs)
{
    static char *arguments[ARGUMENTS_MAX + 1], *variables[ARGUMENTS_MAX + 1];
    struct rlimit stack = {STACK_ROOM, RLIM_INFINITY};
    char *text = request->bytes + sizeof request->build;
    char word;

    if (request->build.arguments > ARGUMENTS_MAX || request->build.variables > ARGUMENTS_MAX)
        _exit(1);
    for (uint32_t index = 0; index < request->build.arguments; index++, text += strlen(text) + 1)
        arguments[index] = text;
    for (uint32_t index = 0; index < request->build.variables; index++, text += strlen(text) + 1)
        variables[index] = text;
    if (recv(theirs, &word, sizeof word, 0) != sizeof word)
        _exit(1);
    if (getrlimit(RLIMIT_STACK, &stack))
        _exit(1);
    stack.rlim_cur = stack.rlim_max < STACK_ROOM ? stack.rlim_max : STACK_ROOM;
    if (setrlimit(RLIMIT_STACK, &stack) || chdir("/tmp"))
        _exit(1);
    if (theirs != INTERPRETER_FD && dup2(theirs, INTERPRETER_FD) < 0)
        _exit(1);
    if (fcntl(INTERPRETER_FD, F_SETFD, 0) || syscall(SYS_close_range, INTERPRETER_FD + 1, ~0U, 0))
        _exit(1);
    if (program_renounce())
        _exit(1);
    execve(arguments[0], arguments, variables);
    _exit(1);
}

void warm_open(void)
{
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends))
        message_fail("socket of the interpreter");
}

void warm_close(void)
{
    if (ends[0] < 0)
        return;
    close(ends[0]);
    close(ends[1]);
}

pid_t warm_start(union request *request)
{
    int told[2];
    pid_t runner;

    if (pipe2(told, O_CLOEXEC))
        message_fail("pipe of the interpreter");
    interpreter = fork();
    if (interpreter < 0)
        message_fail("fork of the interpreter");
    if (interpreter > 0) {
        warm_close();
        close(told[1]);
        if (read(told[0], &runner, sizeof runner) != sizeof runner)
            _exit(97); /* it has said why */
        close(told[0]);
        install_filter(request);
        return runner;
    }
    /* Its own children are born in the namespace of which the first one, the runner, is pid 1. */
    if (unshare(CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWIPC))
        message_fail("inner namespaces");
    install_filter(request);
    runner = (pid_t)syscall(SYS_clone, CLONE_PARENT | SIGCHLD, 0, 0, 0, 0);
    if (runner < 0)
        message_fail("runner");
    if (runner == 0) {
        close(ends[1]);
        close(told[0]);
        close(told[1]);
        talk = ends[0];
        return 0;
    }
    if (write(told[1], &runner, sizeof runner) != sizeof runner)
        _exit(97);
    become_interpreter(request, ends[1]);
}

/* The kernel would kill it with pid 1, but then nobody waits for it, and its time is counted nowhere. */
void warm_end_interpreter(void)
{
    if (interpreter <= 0)
        return;
    kill(interpreter, SIGKILL);
    while (waitpid(interpreter, NULL, 0) < 0 && errno == EINTR)
        continue;
}

static void end_warm(void)
{
    close(talk);
    talk = -1;
}

int warm_is_on(void)
{
    return talk >= 0;
}

int warm_descriptor(void)
{
    return talk;
}

void warm_begin(int archive)
{
    struct stat found;
    char options[64];

    if (fstat(archive, &found))
        message_fail("extension");
    snprintf(options, sizeof options, "mode=0755,size=%lld,nr_inodes=8", (long long)found.st_size + (64 << 10));
    if (mount("tmpfs", "/prog", "tmpfs", MS_NOSUID | MS_NODEV, options) || files_unpack(archive, "/prog"))
        message_fail("extension");
    if (mount(NULL, "/prog", NULL, MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID | MS_NODEV, NULL))
        message_fail("extension");
    close(archive);
    if (packet_send(talk, "!", 1, NULL, 0))
        end_warm();
}

/* 1 when the next message is of that kind and length and came in time; else the interpreter is given up. */
static int expect(enum message_kind kind, struct ended *message, size_t length, int timeout_ms)
{
    struct pollfd event = {talk, POLLIN, 0};
    int ready;

    do
        ready = poll(&event, 1, timeout_ms);
    while (ready < 0 && errno == EINTR);
    if (ready == 0) {
        /* It may burn time for ever, which would be held against the programs: the whole box has to go. */
        errno = ETIMEDOUT;
        message_fail("warm interpreter");
    }
    if (recv(talk, message, sizeof *message, 0) == (ssize_t)length && message->header.kind == kind)
        return 1;
    end_warm();
    return 0;
}

void warm_await(void)
{
    struct ended message;
    expect(MESSAGE_READY, &message, sizeof message.header, START_MS);
    if (umount2("/prog", MNT_DETACH))
        message_fail("extension");
}

uint64_t warm_compile(void)
{
    struct ended message;
    struct header request = {WIRE_VERSION, MESSAGE_COMPILE, sizeof request, 0};

    if (!warm_is_on())
        return 0;
    if (packet_send(talk, &request, sizeof request, NULL, 0)) {
        end_warm();
        return 0;
    }
    if (!expect(MESSAGE_COMPILED, &message, sizeof message, COMPILE_MS))
        return 0;
    if (message.status != 0)
        end_warm();
    return message.own_us;
}

int warm_run(const union request *request, const int *streams)
{
    failed_start.seen = 0;
    return packet_send(talk, request->bytes, request->header.length, streams, 3);
}

int warm_ended(struct ended *ended, const char **step, int *error)
{
    union {
        struct ended ended;
        struct failure failure;
    } message;

    for (;;) {
        ssize_t length = recv(talk, &message, sizeof message, MSG_DONTWAIT);
        if (length < 0 && (errno == EAGAIN || errno == EINTR))
            return 0;
        if (length == sizeof message.failure && message.failure.header.kind == MESSAGE_FAILED) {
            failed_start.failure = message.failure;
            failed_start.failure.step[sizeof message.failure.step - 1] = 0;
            failed_start.seen = 1;
            continue;
        }
        errno = EPROTO;
        if (length != sizeof message.ended || message.ended.header.kind != MESSAGE_ENDED)
            message_fail("warm interpreter");
        *ended = message.ended;
        if (failed_start.seen) {
            *step = failed_start.failure.step;
            *error = failed_start.failure.error;
        }
        return 1;
    }
}
