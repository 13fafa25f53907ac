/* System calls and constants that the headers of older C libraries lack. Numbers from 424 on are the same on all. */
#ifndef JUDGELINE_SYSTEM_H
#define JUDGELINE_SYSTEM_H

#include <stdint.h>
#include <sys/syscall.h>

#if !defined(__x86_64__) && !defined(__aarch64__)
#error "the sandbox knows the system calls of x86_64 and aarch64 only"
#endif

#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434
#endif
#ifndef SYS_close_range
#define SYS_close_range 436
#endif
#ifndef SYS_openat2
#define SYS_openat2 437
#endif
#ifndef SYS_mount_setattr
#define SYS_mount_setattr 442
#endif

#ifndef AT_RECURSIVE
#define AT_RECURSIVE 0x8000
#endif

/* struct mount_attr and its MOUNT_ATTR_ values, under names that clash with no version of <sys/mount.h>. */
struct mount_attributes {
    uint64_t set;
    uint64_t clear;
    uint64_t propagation;
    uint64_t user_namespace;
};
#define MOUNT_RDONLY 0x1u
#define MOUNT_NOSUID 0x2u
#define MOUNT_NODEV 0x4u
#define MOUNT_NOEXEC 0x8u

#endif
