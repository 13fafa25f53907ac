/* Allowed by default: Java, Node, Go and gcc must run, and new C libraries use new calls. Denied is what reaches
 * the kernel's darker corners, other processes, the network, or anything that would outlive a run. A number that
 * this table does not know yet gets ENOSYS, for which every C library has a fallback.
 */
#define _GNU_SOURCE
#include "filter.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "system.h"

#if defined(__x86_64__)
#define NATIVE_ARCH AUDIT_ARCH_X86_64
#else
#define NATIVE_ARCH AUDIT_ARCH_AARCH64
#endif

/* listns(2), the newest call looked at. Above lie also the x32 calls: bit 30, and 512 to 547. */
#define NEWEST_KNOWN 470

#define NEW_NAMESPACES                                                                                              \
    (CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET)

/* Arguments are looked at as 32 bits, which is what the kernel looks at in those used here. */
#define ARGUMENT(index) ((uint32_t)offsetof(struct seccomp_data, args[index]))
#define ARGUMENT_HIGH(index) (ARGUMENT(index) + 4)

#define ALLOW SECCOMP_RET_ALLOW
#define DENY(error) (SECCOMP_RET_ERRNO | (error))

static const int denied[] = {
    /* other processes */
    SYS_ptrace, SYS_process_vm_readv, SYS_process_vm_writev, SYS_kcmp, 438 /* pidfd_getfd */,
    440 /* process_madvise */, 448 /* process_mrelease */, SYS_setpriority, SYS_sched_setaffinity,
    SYS_sched_setparam, SYS_sched_setattr, SYS_ioprio_set,
    /* wide parts of the kernel that no solution needs */
    SYS_perf_event_open, SYS_bpf, SYS_userfaultfd, 425 /* io_uring_setup */, 426 /* io_uring_enter */,
    427 /* io_uring_register */, SYS_keyctl, SYS_add_key, SYS_request_key, SYS_name_to_handle_at,
    SYS_open_by_handle_at, SYS_fanotify_init, SYS_fanotify_mark, SYS_lookup_dcookie, SYS_nfsservctl, SYS_mbind,
    SYS_set_mempolicy, SYS_migrate_pages, SYS_move_pages, 450 /* set_mempolicy_home_node */,
    447 /* memfd_secret */, SYS_remap_file_pages,
    /* watching files: those of /usr are the same ones for every box and for the host */
    SYS_inotify_init1,
    /* mounts and namespaces; mount, umount2 and setns are left to the runner */
    SYS_pivot_root, SYS_chroot, SYS_unshare, 428 /* open_tree */, 429 /* move_mount */, 430 /* fsopen */,
    431 /* fsconfig */, 432 /* fsmount */, 433 /* fspick */, SYS_mount_setattr, 467 /* open_tree_attr */,
    /* the machine */
    SYS_swapon, SYS_swapoff, SYS_reboot, SYS_kexec_load, SYS_kexec_file_load, SYS_init_module, SYS_finit_module,
    SYS_delete_module, SYS_acct, SYS_quotactl, 443 /* quotactl_fd */, SYS_syslog, SYS_settimeofday,
    SYS_clock_settime, SYS_adjtimex, SYS_clock_adjtime, SYS_sethostname, SYS_setdomainname, SYS_vhangup,
    /* System V and POSIX queues: what they hold would outlive the run */
    SYS_shmget, SYS_shmat, SYS_shmctl, SYS_shmdt, SYS_semget, SYS_semop, SYS_semtimedop, SYS_semctl, SYS_msgget,
    SYS_msgsnd, SYS_msgrcv, SYS_msgctl, SYS_mq_open, SYS_mq_unlink,
#if defined(__x86_64__)
    SYS_iopl, SYS_ioperm, SYS_modify_ldt, SYS_uselib, SYS_ustat, SYS_sysfs, SYS__sysctl, SYS_create_module,
    SYS_get_kernel_syms, SYS_query_module, SYS_inotify_init,
#endif
};

/* Attributes of a memory file are the kernel's memory, without bound: 1.3 GB were put into those of a standard
 * input. Programs that copy files know file systems without them. */
static const int unsupported[] = {SYS_setxattr, SYS_lsetxattr, SYS_fsetxattr, 463 /* setxattrat */};

/* All that a program can write is memory: nothing waits for a disk. Done for real on a file of /usr, or on all, they
 * would make the host's disk work, and the program's end wait for it. */
static const int needless[] = {SYS_sync, SYS_syncfs, SYS_fsync, SYS_fdatasync, SYS_sync_file_range};

struct program {
    struct sock_filter steps[512];
    unsigned short length;
};

static void add(struct program *program, uint16_t code, uint32_t value, uint8_t if_true, uint8_t if_false)
{
    program->steps[program->length++] = (struct sock_filter){code, if_true, if_false, value};
}

static void load(struct program *program, uint32_t offset)
{
    add(program, BPF_LD | BPF_W | BPF_ABS, offset, 0, 0);
}

static void jump_equal(struct program *program, uint32_t value, uint8_t if_true, uint8_t if_false)
{
    add(program, BPF_JMP | BPF_JEQ | BPF_K, value, if_true, if_false);
}

static void answer(struct program *program, uint32_t action)
{
    add(program, BPF_RET | BPF_K, action, 0, 0);
}

/* All that follows expects the call's number in the accumulator, and leaves it there for other calls. */

static void on_call(struct program *program, int number, uint32_t action)
{
    jump_equal(program, (uint32_t)number, 0, 1);
    answer(program, action);
}

/* `matched` where the argument, cut to `mask`, is one of `values`, else `other`. */
static void on_argument(struct program *program, int number, int argument, uint32_t mask, const uint32_t *values,
                        uint8_t count, uint32_t matched, uint32_t other)
{
    jump_equal(program, (uint32_t)number, 0, (uint8_t)(count + 4));
    load(program, ARGUMENT(argument));
    add(program, BPF_ALU | BPF_AND | BPF_K, mask, 0, 0);
    for (uint8_t index = 0; index < count; index++)
        jump_equal(program, values[index], (uint8_t)(count - index), 0);
    answer(program, other);
    answer(program, matched);
}

#define ON_ARGUMENT(program, number, argument, mask, matched, other, ...)                                           \
    on_argument(program, number, argument, mask, (const uint32_t[]){__VA_ARGS__},                                   \
                sizeof((const uint32_t[]){__VA_ARGS__}) / sizeof(uint32_t), matched, other)

/* `action` where the argument has any of the flags; else whatever follows. */
static void on_flags(struct program *program, int number, int argument, uint32_t flags, uint32_t action)
{
    jump_equal(program, (uint32_t)number, 0, 4);
    load(program, ARGUMENT(argument));
    add(program, BPF_JMP | BPF_JSET | BPF_K, flags, 0, 1);
    answer(program, action);
    load(program, offsetof(struct seccomp_data, nr));
}

/* `action` where the argument is `value` and the one behind it, a pointer to what is to be set, is not null: to ask
 * what is set (a null pointer, all 64 bits of it) is let through. */
static void on_setting(struct program *program, int number, int argument, uint32_t value, uint32_t action)
{
    jump_equal(program, (uint32_t)number, 0, 8);
    load(program, ARGUMENT(argument));
    jump_equal(program, value, 0, 4);
    load(program, ARGUMENT(argument + 1));
    jump_equal(program, 0, 0, 3);
    load(program, ARGUMENT_HIGH(argument + 1));
    jump_equal(program, 0, 0, 1);
    answer(program, ALLOW);
    answer(program, action);
}

static void on_calls(struct program *program, const int *numbers, size_t count, uint32_t action)
{
    for (size_t index = 0; index < count; index++)
        on_call(program, numbers[index], action);
}

#define ON_CALLS(program, numbers, action) on_calls(program, numbers, sizeof(numbers) / sizeof *(numbers), action)

static int install(const struct program *program)
{
    struct sock_fprog filter = {program->length, (struct sock_filter *)program->steps};
    return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &filter);
}

int filter_install_box(int no_hidden_memory, int no_hidden_cpu)
{
    static struct program program;

    load(&program, offsetof(struct seccomp_data, arch));
    jump_equal(&program, NATIVE_ARCH, 1, 0);
    answer(&program, SECCOMP_RET_KILL_PROCESS);
    load(&program, offsetof(struct seccomp_data, nr));
    add(&program, BPF_JMP | BPF_JGT | BPF_K, NEWEST_KNOWN, 0, 1);
    answer(&program, DENY(ENOSYS));
    on_call(&program, SYS_clone3, DENY(ENOSYS)); /* its flags cannot be seen; C libraries fall back to clone */
    ON_CALLS(&program, denied, DENY(EPERM));
    ON_CALLS(&program, unsupported, DENY(EOPNOTSUPP));
    ON_CALLS(&program, needless, DENY(0));
    ON_ARGUMENT(&program, SYS_prlimit64, 0, ~0U, ALLOW, DENY(EPERM), 0 /* itself */);
    /* Mono asks for the policy it has, and complains on standard output where it is refused. */
    ON_ARGUMENT(&program, SYS_sched_setscheduler, 1, ~0U, DENY(0), DENY(EPERM), 0 /* SCHED_OTHER */);
    ON_ARGUMENT(&program, SYS_personality, 0, ~0U, ALLOW, DENY(EPERM), 0, 0xffffffff /* ask */);
    ON_ARGUMENT(&program, SYS_socket, 0, ~0U, ALLOW, DENY(EAFNOSUPPORT), AF_UNIX);
    ON_ARGUMENT(&program, SYS_socketpair, 0, ~0U, ALLOW, DENY(EAFNOSUPPORT), AF_UNIX);
    /* A lock on a file of /usr is seen by the other boxes and by the host. Taking one is said to work (Go's tools need
     * that); asking for others' is denied, which is how a read lock, all that fcntl gives there, could be seen. */
    on_call(&program, SYS_flock, DENY(0));
    ON_ARGUMENT(&program, SYS_fcntl, 1, ~0U, DENY(EPERM), ALLOW, F_SETLEASE, F_NOTIFY, F_GETLK, F_OFD_GETLK);
    ON_ARGUMENT(&program, SYS_ioctl, 1, ~0U, DENY(EPERM), ALLOW, 0x5412 /* TIOCSTI */, 0x541c /* TIOCLINUX */);
    /* Huge pages that the host holds ready count as no one's memory, in no mode. */
    on_flags(&program, SYS_mmap, 3, MAP_HUGETLB, DENY(EPERM));
    on_flags(&program, SYS_memfd_create, 1, MFD_HUGETLB, DENY(EPERM));
    if (no_hidden_memory) {
        on_call(&program, SYS_memfd_create, DENY(ENOSYS));
        ON_ARGUMENT(&program, SYS_mmap, 3, MAP_TYPE | MAP_ANONYMOUS, DENY(ENOMEM), ALLOW,
                    MAP_SHARED | MAP_ANONYMOUS);
        /* What waits in a socket is counted as the size that every socket has from the start (usage.c). */
        ON_ARGUMENT(&program, SYS_setsockopt, 2, ~0U, DENY(EPERM), ALLOW, SO_SNDBUF, SO_SNDBUFFORCE);
    }
    /* A process that ignores SIGCHLD makes its children's CPU time vanish: this is said to work, and does nothing. */
    if (no_hidden_cpu)
        on_setting(&program, SYS_rt_sigaction, 0, SIGCHLD, DENY(0));
    answer(&program, ALLOW);

    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
        return -1;
    return install(&program);
}

int filter_install_program(void)
{
    /* Built anew each time into static room: the caller is a vfork child and shares the runner's memory. */
    static struct program program;

    program.length = 0;
    load(&program, offsetof(struct seccomp_data, nr));
    on_call(&program, SYS_mount, DENY(EPERM));
    on_call(&program, SYS_umount2, DENY(EPERM));
    on_call(&program, SYS_setns, DENY(EPERM));
    on_call(&program, SYS_seccomp, DENY(EPERM));
    ON_ARGUMENT(&program, SYS_prctl, 0, ~0U, DENY(EPERM), ALLOW, PR_SET_SECCOMP);
    /* The limit that no core handler of the host is started for (program.c) must not be lowered to 0. */
    ON_ARGUMENT(&program, SYS_setrlimit, 0, ~0U, DENY(EPERM), ALLOW, RLIMIT_CORE);
    on_setting(&program, SYS_prlimit64, 1, RLIMIT_CORE, DENY(EPERM));
    /* A sibling would be the child of a process that does not wait for it. */
    on_flags(&program, SYS_clone, 0, NEW_NAMESPACES | CLONE_PARENT, DENY(EPERM));
    answer(&program, ALLOW);
    return install(&program);
}
