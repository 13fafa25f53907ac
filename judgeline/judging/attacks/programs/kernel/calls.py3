import ctypes
import errno
import os

a, b = map(int, input().split())
libc = ctypes.CDLL(None, use_errno=True)
libc.syscall.restype = ctypes.c_long
column = ("x86_64", "aarch64").index(os.uname().machine)
# Each group: name of the call, its numbers on x86_64 and aarch64 (0: it has none), its arguments.
CALLS = {
    "namespaces": [
        ("unshare", (272, 97), lambda: (0x10000000,)),
        ("unshare of all", (272, 97), lambda: (0x7e020000,)),
        ("setns", (308, 268), lambda: (os.open('/proc/self/ns/pid', 0), 0,)),
        ("clone with a user namespace", (56, 220), lambda: (0x10000011, 0, 0, 0, 0,)),
        ("clone with a mount namespace", (56, 220), lambda: (0x00020011, 0, 0, 0, 0,)),
        ("clone of a sibling", (56, 220), lambda: (0x8011, 0, 0, 0, 0,)),
        ("clone3", (435, 435), lambda: (b'\0' * 88, 88,)),
    ],
    "mounts": [
        ("mount", (165, 40), lambda: (b'tmpfs', b'/tmp', b'tmpfs', 0, 0,)),
        ("bind", (165, 40), lambda: (b'/usr', b'/tmp', 0, 0x1000, 0,)),
        ("remount", (165, 40), lambda: (0, b'/usr', 0, 0x1020, 0,)),
        ("move", (165, 40), lambda: (b'/proc', b'/tmp', 0, 0x2000, 0,)),
        ("umount2", (166, 39), lambda: (b'/usr', 2,)),
        ("umount of /tmp", (166, 39), lambda: (b'/tmp', 2,)),
        ("chroot", (161, 51), lambda: (b'/tmp',)),
        ("pivot_root", (155, 41), lambda: (b'/tmp', b'/tmp',)),
        ("open_tree", (428, 428), lambda: (-100, b'/usr', 1,)),
        ("move_mount", (429, 429), lambda: (-100, b'/usr', -100, b'/tmp', 0,)),
        ("fsopen", (430, 430), lambda: (b'tmpfs', 0,)),
        ("fspick", (433, 433), lambda: (-100, b'/tmp', 0,)),
        ("mount_setattr", (442, 442), lambda: (-100, b'/usr', 0, b'\0' * 32, 32,)),
    ],
    "programs-in-the-kernel": [
        ("bpf", (321, 280), lambda: (0, b'\0' * 128, 128,)),
        ("perf_event_open", (298, 241), lambda: (b'\0' * 128, 0, -1, -1, 0,)),
        ("userfaultfd", (323, 282), lambda: (0,)),
        ("userfaultfd for users", (323, 282), lambda: (1,)),
        ("io_uring_setup", (425, 425), lambda: (1, b'\0' * 120,)),
        ("io_uring_enter", (426, 426), lambda: (0, 1, 1, 0, 0, 0,)),
        ("seccomp", (317, 277), lambda: (1, 0, 0,)),
        ("prctl seccomp", (157, 167), lambda: (22, 2, 0,)),
        ("modify_ldt", (154, 0), lambda: (0, b'\0' * 16, 16,)),
        ("iopl", (172, 0), lambda: (3,)),
        ("ioperm", (173, 0), lambda: (0, 1, 1,)),
        ("init_module", (175, 105), lambda: (0, 0, b'',)),
        ("finit_module", (313, 273), lambda: (0, b'', 0,)),
        ("kexec_load", (246, 104), lambda: (0, 0, 0, 0,)),
        ("kexec_file_load", (320, 294), lambda: (0, 0, 0, b'', 0,)),
    ],
    "keys": [
        ("add_key", (248, 217), lambda: (b'user', b'x', b'y', 1, -3,)),
        ("request_key", (249, 218), lambda: (b'user', b'x', 0, -3,)),
        ("keyctl", (250, 219), lambda: (0, -3, 1,)),
        ("keyctl of a session", (250, 219), lambda: (1, b'judgeline',)),
    ],
    "machine": [
        ("reboot", (169, 142), lambda: (0xfee1dead, 672274793, 0, 0,)),
        ("syslog", (103, 116), lambda: (3, b'\0' * 100, 100,)),
        ("swapon", (167, 224), lambda: (b'/tmp/x', 0,)),
        ("swapoff", (168, 225), lambda: (b'/tmp/x',)),
        ("sethostname", (170, 161), lambda: (b'x', 1,)),
        ("setdomainname", (171, 162), lambda: (b'x', 1,)),
        ("clock_settime", (227, 112), lambda: (0, b'\0' * 16,)),
        ("settimeofday", (164, 170), lambda: (b'\0' * 16, 0,)),
        ("adjtimex", (159, 171), lambda: (b'\1' + b'\0' * 300,)),
        ("acct", (163, 89), lambda: (b'/tmp/x',)),
        ("quotactl", (179, 60), lambda: (0, 0, 0, 0,)),
        ("vhangup", (153, 58), lambda: ()),
    ],
    "handles": [
        ("name_to_handle_at", (303, 264), lambda: (-100, b'/tmp', b'\x80' + b'\0' * 300, b'\0' * 8, 0,)),
        ("open_by_handle_at", (304, 265), lambda: (-100, b'\x08' + b'\0' * 300, 0,)),
    ],
    "queues": [
        ("shmget", (29, 194), lambda: (@KEY@, 4096, 0o1666,)),
        ("semget", (64, 190), lambda: (@KEY@, 1, 0o1666,)),
        ("msgget", (68, 186), lambda: (@KEY@, 0o1666,)),
        ("mq_open", (240, 180), lambda: (b'@MARK@', 0o102, 0o600, 0,)),
        ("mq_unlink", (241, 181), lambda: (b'@MARK@',)),
    ],
    "hidden-memory": [
        ("memfd_secret", (447, 447), lambda: (0,)),
        ("mmap of huge pages", (9, 222), lambda: (0, 1 << 21, 3, 0x40022, -1, 0,)),
        ("memfd_create of huge pages", (319, 279), lambda: (b'x', 4,)),
        ("remap_file_pages", (216, 234), lambda: (0, 0, 0, 0, 0,)),
        ("mbind", (237, 235), lambda: (0, 4096, 0, 0, 0, 0,)),
        ("move_pages", (279, 239), lambda: (1, 0, 0, 0, 0, 0,)),
    ],
    "schedule": [
        ("sched_setaffinity", (203, 122), lambda: (0, 8, b'\1' + b'\0' * 7,)),
        ("setpriority", (141, 140), lambda: (0, 1, 19,)),
        ("sched_setscheduler", (144, 119), lambda: (0, 5, b'\0' * 4,)),
        ("sched_setattr", (314, 274), lambda: (0, b'\x30' + b'\0' * 47, 0,)),
        ("ioprio_set", (251, 30), lambda: (1, 0, 0x6007,)),
        ("prlimit64 on another", (302, 261), lambda: (1, 7, b'\0' * 16, 0,)),
    ],
    "terminals-and-persons": [
        ("personality", (135, 92), lambda: (0x0400000,)),
        ("tiocsti", (16, 29), lambda: (0, 0x5412, b'x',)),
        ("tioclinux", (16, 29), lambda: (0, 0x541c, b'\3',)),
        ("lease", (72, 25), lambda: (0, 1024, 1,)),
        ("fanotify_init", (300, 262), lambda: (0, 0,)),
        ("inotify_init1", (294, 26), lambda: (0,)),
        ("pidfd_getfd", (438, 438), lambda: (os.pidfd_open(1), 0, 0,)),
        ("ptrace", (101, 117), lambda: (16, 1, 0, 0,)),
    ],
}
child = os.getpid()
for name, numbers, arguments in CALLS["@WAY@"]:
    if not numbers[column]:
        continue
    try:
        whole = [ctypes.c_long(value) if isinstance(value, int) else value for value in arguments()]
    except OSError:
        continue
    result = libc.syscall(ctypes.c_long(numbers[column]), *whole)
    if os.getpid() != child:
        os._exit(0)
    reason = errno.errorcode.get(ctypes.get_errno())
    if result != -1 or reason not in {"EPERM", "ENOSYS"}:  # another reason: the kernel looked at what was asked
        print("BREACH", name, result, reason)
print(a + b)
