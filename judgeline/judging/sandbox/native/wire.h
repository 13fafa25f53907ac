/* The messages between the judge's process and a box, over one SOCK_SEQPACKET pair.
 *
 * One message is one packet: a fixed struct, then NUL-terminated strings up to `header.length`. Both ends run on
 * one machine from one installation, so numbers are the machine's own. wire.py packs and checks the same layouts;
 * a change here is a change there, and of WIRE_VERSION.
 *
 *   judge -> guard    BUILD   fds: [a pidfd of the judge's process], and for a warm box [.., archive of the extension]
 *   judge -> runner   LOAD    fds: [archive]
 *   judge -> runner   RUN     fds: [stdin, stdout, stderr] or [stdin, stdout, stderr, archive]
 *   runner -> judge   READY, LOADED, DONE (fds: the collected files), FAILED (from any stage)
 *
 * The runner of a warm box speaks the same way with the interpreter that stands by (warm.h):
 *
 *   runner -> interpreter   COMPILE; RUN, the judge's own message, fds: [stdin, stdout, stderr]
 *   interpreter -> runner   READY (it has started), COMPILED, FAILED (a run could not be started), ENDED
 *
 * An archive is a memfd: for each file a struct archive_entry, its path (path_length bytes, no NUL), its bytes.
 */
#ifndef JUDGELINE_WIRE_H
#define JUDGELINE_WIRE_H

#include <stdint.h>

#define WIRE_VERSION 3u
#define MESSAGE_MAX (128 * 1024)
#define MESSAGE_FDS_MAX 16

enum message_kind {
    MESSAGE_BUILD = 1,
    MESSAGE_LOAD = 2,
    MESSAGE_RUN = 3,
    MESSAGE_READY = 11,
    MESSAGE_LOADED = 12,
    MESSAGE_DONE = 13,
    MESSAGE_FAILED = 14,
    MESSAGE_COMPILE = 21,
    MESSAGE_COMPILED = 22,
    MESSAGE_ENDED = 23,
};

struct header {
    uint32_t version;
    uint32_t kind;
    uint32_t length; /* of the whole message, bytes */
    uint32_t reserved;
};

/* Flags of BUILD. */
#define BUILD_DROP_UID 1u         /* started as root: build the tree as root, then become uid_base + pid % uid_span */
#define BUILD_NO_HIDDEN_MEMORY 2u /* no cgroup counts memory: deny what no process's RSS shows */
#define BUILD_NO_HIDDEN_CPU 4u    /* no cgroup counts CPU: children must be waited for, or their time is lost */

struct build {
    struct header header;
    uint32_t flags;
    uint32_t uid_base;
    uint32_t uid_span;
    uint32_t steps;     /* how many steps of the tree follow as strings (tree.c), behind so many others: */
    uint32_t arguments; /* of the interpreter that stands by in a warm box; 0: the box is cold */
    uint32_t variables;
    uint32_t reserved;
};

struct load {
    struct header header;
    uint64_t bytes; /* size= and nr_inodes= of the program area */
    uint64_t inodes;
};

struct run {
    struct header header;
    uint32_t arguments; /* then so many strings follow: arguments, variables, paths to collect */
    uint32_t variables;
    uint32_t collects;
    uint32_t processes;
    uint32_t open_files;
    uint32_t cpu_ms;
    uint32_t wall_ms;
    uint32_t warm; /* 1: fork the interpreter that stands by and has compiled the program */
    uint64_t output_bytes;
    uint64_t stderr_bytes;
    uint64_t file_bytes;    /* the largest file a program may write */
    uint64_t address_bytes; /* 0: not limited, as for the two below */
    uint64_t data_bytes;
    uint64_t stack_bytes;
    uint64_t watched_bytes; /* stop when all processes together hold more than this; 0: a cgroup watches */
    uint64_t tmp_bytes;
    uint64_t tmp_inodes;
};

enum stopped {
    STOPPED_NO = 0,
    STOPPED_CPU = 1,
    STOPPED_WALL = 2,
    STOPPED_MEMORY = 3,
    STOPPED_OUTPUT = 4,
};

struct report {
    struct header header;
    int32_t status;     /* as wait4 gives it */
    uint32_t stopped;   /* enum stopped */
    uint64_t cpu_us;    /* user + system of everything that was reaped */
    uint64_t wall_us;   /* from before the start to the end of the first process */
    uint64_t runner_us; /* what the runner itself burnt meanwhile: a cgroup counts it too */
    uint64_t peak_kb;   /* the largest process's peak RSS */
    uint64_t tree_kb;   /* the most that all of them together were seen to hold while watching, else 0 */
    uint32_t collected; /* bit i: path i was a regular file, its descriptor comes along */
    uint32_t reserved;
};

struct failure {
    struct header header;
    int32_t error; /* errno */
    uint32_t fatal; /* 0: the program could not be started, the box lives on */
    char step[112]; /* what was being done, NUL-terminated */
};

/* LOADED: whether programs can be started warm from now on, and what it cost to start and compile that. */
struct loaded {
    struct header header;
    uint32_t warm;
    uint32_t reserved;
    uint64_t own_us;
};

/* COMPILED and ENDED. */
struct ended {
    struct header header;
    int32_t status;   /* of ENDED: as wait4 gives it; of COMPILED: 0 if there is a program */
    uint32_t reserved;
    uint64_t cpu_us;  /* user + system of the first process and the children it waited for */
    uint64_t peak_kb; /* the largest process's peak RSS */
    uint64_t own_us;  /* what the interpreter itself burnt for it: a cgroup counts it too; of COMPILED: so far */
};

struct archive_entry {
    uint32_t path_length;
    uint32_t mode;
    uint64_t size;
};

#endif
