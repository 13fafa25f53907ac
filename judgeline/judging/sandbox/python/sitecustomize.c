/* Makes a real CPython wait just before it runs its script, compile it once, and fork for each test.
 *
 * Python imports a module of this name as it starts. This one removes its traces, puts a function first among
 * sys.path_hooks and says that it does not exist. CPython's own main asks the path hooks about the script, with no
 * Python frame below, right before it would run it: there we stay. Each child goes on as CPython's main would: it runs
 * the script (script.c), ends as an interpreter ends (ending.c) and never returns.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../native/limits.h"
#include "../native/message.h"
#include "../native/packet.h"
#include "../native/system.h"
#include "api.h"
#include "script.h"

#define RUNNER 3         /* our end of the socket to the runner */
#define OUR_PROCESSES 3u /* pid 1, runner and this one: the kernel counts them against a run's */

extern int pthread_setattr_default_np(const pthread_attr_t *) __attribute__((weak)); /* not in every C library */

static union request request;
static char *script; /* the path that we were started for */

static void send_runner(struct header *message, enum message_kind kind, size_t length)
{
    message->version = WIRE_VERSION;
    message->kind = kind;
    message->length = (uint32_t)length;
    message->reserved = 0;
    if (packet_send(RUNNER, message, length, NULL, 0))
        _exit(0); /* the runner is gone, and the box with it */
}

static size_t receive(int *fds, int *fd_count)
{
    ssize_t length = packet_receive(RUNNER, request.bytes, sizeof request.bytes - 1, fds, fd_count);
    if (length < (ssize_t)sizeof request.header)
        _exit(0);
    request.bytes[length] = 0;
    return (size_t)length;
}

static uint64_t cpu_us(const struct rusage *used)
{
    return (uint64_t)(used->ru_utime.tv_sec + used->ru_stime.tv_sec) * 1000000 +
           (uint64_t)(used->ru_utime.tv_usec + used->ru_stime.tv_usec);
}

static uint64_t own_cpu_us(void)
{
    struct rusage used;
    getrusage(RUSAGE_SELF, &used);
    return cpu_us(&used);
}

/* Programs are the OOM killer's first choice. Raising the score needs no capability. */
static int volunteer_for_oom(void)
{
    int file = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
    int written = file < 0 ? -1 : (int)write(file, "1000", 4);
    if (file >= 0)
        close(file);
    return written == 4 ? 0 : -1;
}

/* A thread's stack is as large as a process's may grow, and the C library looked at that limit when it started. */
static int set_thread_stack(uint64_t bytes)
{
    pthread_attr_t attributes;
    if (!pthread_setattr_default_np || !bytes)
        return 0;
    if (pthread_attr_init(&attributes))
        return -1;
    int failed = pthread_attr_setstacksize(&attributes, bytes) || pthread_setattr_default_np(&attributes);
    pthread_attr_destroy(&attributes);
    return failed ? -1 : 0;
}

/* What native/program.c does before foreign code, in the same words; capabilities and filter are so since our own
 * start. Descriptors go last, for the runner is told of a failure by one. */
static const char *become_program(const struct run *run, const int *streams)
{
    if (setsid() < 0)
        return "session";
    if (prctl(PR_SET_DUMPABLE, 1))
        return "dumpable";
    if (volunteer_for_oom())
        return "oom_score_adj";
    if (chdir("/tmp"))
        return "folder";
    for (int stream = 0; stream < 3; stream++)
        if (dup2(streams[stream], stream) < 0)
            return "streams";
    if (limits_apply(run, OUR_PROCESSES) || set_thread_stack(run->stack_bytes))
        return "limits";
    if (syscall(SYS_close_range, RUNNER, ~0U, 0))
        return "descriptors";
    return NULL;
}

static _Noreturn void run_child(const int *streams)
{
    const char *failed = become_program(&request.run, streams);
    if (failed) {
        struct failure failure = {.error = errno};
        strncpy(failure.step, failed, sizeof failure.step - 1);
        send_runner(&failure.header, MESSAGE_FAILED, sizeof failure);
        _exit(127);
    }
    PyOS_AfterFork_Child();
    const char *arguments = request.bytes + sizeof request.run;
    script_run(script, arguments, request.run.arguments);
}

static void serve_run(const int *streams)
{
    struct ended reply = {.reserved = 0};
    struct rusage used;
    int status = 0;
    uint64_t own = own_cpu_us();

    PyOS_BeforeFork();
    pid_t child = fork();
    if (child == 0)
        run_child(streams);
    int reason = errno;
    PyOS_AfterFork_Parent();
    for (int stream = 0; stream < 3; stream++)
        close(streams[stream]);
    if (child < 0) {
        struct failure failure = {.error = reason, .step = "fork"};
        send_runner(&failure.header, MESSAGE_FAILED, sizeof failure);
    } else {
        while (wait4(child, &status, 0, &used) < 0)
            if (errno != EINTR)
                _exit(1);
        reply.cpu_us = cpu_us(&used);
        reply.peak_kb = (uint64_t)used.ru_maxrss;
    }
    reply.status = status;
    reply.own_us = own_cpu_us() - own;
    send_runner(&reply.header, MESSAGE_ENDED, sizeof reply);
}

static _Noreturn void serve(void)
{
    struct header ready;
    int fds[MESSAGE_FDS_MAX], fd_count;

    send_runner(&ready, MESSAGE_READY, sizeof ready);
    for (;;) {
        size_t length = receive(fds, &fd_count);
        if (request.header.kind == MESSAGE_COMPILE) {
            struct ended reply = {.status = script_compile(script)};
            reply.own_us = own_cpu_us();
            send_runner(&reply.header, MESSAGE_COMPILED, sizeof reply);
        } else if (request.header.kind == MESSAGE_RUN && length > sizeof request.run && fd_count == 3) {
            serve_run(fds);
        } else {
            _exit(1);
        }
    }
}

/* The path hook. CPython's main calls it with the script's path. */
static PyObject *wait_for_tests(PyObject *self, PyObject *path)
{
    const char *asked = PyUnicode_AsUTF8AndSize(path, NULL);

    (void)self;
    if (!asked)
        PyErr_Clear();
    if (asked && strcmp(asked, script) == 0) {
        prctl(PR_SET_DUMPABLE, 0);
        PySequence_DelItem(PySys_GetObject("path_hooks"), 0);
        serve();
    }
    PyErr_SetImportError(PyUnicode_FromString("not the script"), NULL, NULL);
    return NULL;
}

static PyMethodDef hook = {"wait_for_tests", wait_for_tests, METH_O, NULL};

static const char remove_traces[] =
    "import sys, os\n"
    "folder = os.environ.pop('PYTHONPATH')\n"
    "sys.path[:] = [path for path in sys.path if path != folder]\n"
    "sys.path_importer_cache.pop(folder, None)\n"
    "script = sys.orig_argv[1]\n";

__attribute__((visibility("default"))) void *PyInit_sitecustomize(void)
{
    PyObject *names = PyDict_New();
    PyObject *done = PyRun_StringFlags(remove_traces, PY_FILE_INPUT, names, names, NULL);
    const char *path = done ? PyUnicode_AsUTF8AndSize(PyDict_GetItemString(names, "script"), NULL) : NULL;

    if (!path || !(script = strdup(path)))
        _exit(1); /* the runner sees us go, and programs start cold */
    Py_DecRef(done);
    Py_DecRef(names);
    PyList_Insert(PySys_GetObject("path_hooks"), 0, PyCFunction_NewEx(&hook, NULL, NULL));
    PyObject *name = PyUnicode_FromString("sitecustomize");
    PyErr_SetImportError(PyUnicode_FromString("No module named 'sitecustomize'"), name, NULL);
    return NULL;
}
