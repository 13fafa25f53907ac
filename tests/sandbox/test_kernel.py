"""Programs that knock at the kernel."""

import platform

import pytest

from judgeline.judging.sandbox.box import Command, Limits, Stopped

# Each with its number on x86_64, on aarch64, and its arguments.
CALLS = {
    "unshare": (272, 97, "0x10000000"),
    "setns": (308, 268, "0, 0"),
    "mount": (165, 40, "b'tmpfs', b'/tmp', b'tmpfs', 0, 0"),
    "remount": (165, 40, "0, b'/usr', 0, 0x1020, 0"),
    "umount2": (166, 39, "b'/usr', 2"),
    "chroot": (161, 51, "b'/tmp'"),
    "pivot_root": (155, 41, "b'/tmp', b'/tmp'"),
    "open_tree": (428, 428, "-100, b'/usr', 1"),
    "mount_setattr": (442, 442, "-100, b'/usr', 0, b'\\0' * 32, 32"),
    "clone with a user namespace": (56, 220, "0x10000011, 0, 0, 0, 0"),
    "clone3": (435, 435, "b'\\0' * 88, 88"),
    "ptrace": (101, 117, "16, 1, 0, 0"),
    "process_vm_writev": (311, 271, "1, 0, 0, 0, 0, 0"),
    "pidfd_getfd": (438, 438, "0, 0, 0"),
    "kcmp": (312, 272, "1, 1, 0, 0, 0"),
    "bpf": (321, 280, "0, 0, 0"),
    "perf_event_open": (298, 241, "0, 0, -1, -1, 0"),
    "keyctl": (250, 219, "0, -3, 1"),
    "add_key": (248, 217, "b'user', b'x', b'y', 1, -3"),
    "userfaultfd": (323, 282, "0"),
    "io_uring_setup": (425, 425, "1, b'\\0' * 120"),
    "seccomp": (317, 277, "1, 0, 0"),
    "prctl seccomp": (157, 167, "22, 2, 0"),
    "reboot": (169, 142, "0xfee1dead, 672274793, 0, 0"),
    "syslog": (103, 116, "3, 0, 0"),
    "init_module": (175, 105, "0, 0, b''"),
    "swapon": (167, 224, "b'/tmp/x', 0"),
    "sethostname": (170, 161, "b'x', 1"),
    "clock_settime": (227, 112, "0, 0"),
    "acct": (163, 89, "b'/tmp/x'"),
    "quotactl": (179, 60, "0, 0, 0, 0"),
    "name_to_handle_at": (303, 264, "-100, b'/tmp', 0, 0, 0"),
    "fanotify_init": (300, 262, "0, 0"),
    "inotify_init1": (294, 26, "0"),
    "shmget": (29, 194, "0, 4096, 0o1600"),
    "msgget": (68, 186, "0, 0o1600"),
    "mq_open": (240, 180, "b'x', 0o102, 0o600, 0"),
    "memfd_secret": (447, 447, "0"),
    "mmap of huge pages": (9, 222, "0, 1 << 21, 3, 0x40022, -1, 0"),
    "memfd_create of huge pages": (319, 279, "b'x', 4"),
    "sched_setaffinity": (203, 122, "0, 8, b'\\1' + b'\\0' * 7"),
    "setpriority": (141, 140, "0, 1, 19"),
    "prlimit64 on another": (302, 261, "1, 7, b'\\0' * 16, 0"),
    "personality": (135, 92, "0x0400000"),
    "lease": (72, 25, "0, 1024, 1"),
    "tiocsti": (16, 29, "0, 0x5412, b'x'"),
}


def test_calls_that_no_program_needs_are_refused(box):
    column = {"x86_64": 0, "aarch64": 1}[platform.machine()]
    calls = ", ".join(f"({name!r}, {call[column]}, ({call[2]},))" for name, call in CALLS.items())
    outcome = box.python(
        "import ctypes, errno\n"
        "libc = ctypes.CDLL(None, use_errno=True)\n"
        f"for name, number, arguments in [{calls}]:\n"
        "    whole = [ctypes.c_long(value) if isinstance(value, int) else value for value in arguments]\n"
        "    result = libc.syscall(number, *whole)\n"
        "    reason = errno.errorcode.get(ctypes.get_errno())\n"
        "    if result != -1 or reason not in ('EPERM', 'ENOSYS'):\n"
        "        print(name, result, reason)\n"
    )
    assert outcome.stdout == b""
    assert outcome.exit_code == 0


def test_a_program_has_no_capability_and_cannot_get_one(box):
    outcome = box.python(
        "for line in open('/proc/self/status'):\n"
        "    key, value = line.split(':', 1)\n"
        "    if key in 'Uid Gid Groups CapInh CapPrm CapEff CapAmb NoNewPrivs Seccomp'.split():\n"
        "        print(key, *value.split())\n"
    )
    lines = dict(
        line.split(" ", 1) if " " in line else (line, "") for line in outcome.stdout.decode().splitlines()
    )
    assert set(lines.pop("Groups").split()) <= {"1000", "65534"}
    none = "0" * 16
    assert lines == {
        "Uid": "1000 1000 1000 1000",
        "Gid": "1000 1000 1000 1000",
        "CapInh": none,
        "CapPrm": none,
        "CapEff": none,
        "CapAmb": none,
        "NoNewPrivs": "1",
        "Seccomp": "2",
    }


@pytest.mark.skipif(platform.machine() != "x86_64", reason="x86_64 has more than one door")
def test_other_doors_into_the_kernel(box, build):
    box.load({"p": (build("foreign_calls"), 0o555)})
    for way in ("x32", "new"):
        outcome = box.run(Command(argv=("/prog/p", way)))
        assert (outcome.stdout, outcome.exit_code) == (b"-1 38\n", 0)
    outcome = box.run(Command(argv=("/prog/p", "i386")))
    assert (outcome.stdout, outcome.signal, outcome.stopped) == (b"", 31, Stopped.NO)
    assert "system call" in outcome.why


def test_setuid_programs_give_nothing(box):
    outcome = box.python(
        "import os, subprocess\n"
        "for name in 'su sudo passwd mount newuidmap'.split():\n"
        "    if os.path.exists(path := '/usr/bin/' + name):\n"
        "        subprocess.run([path], stdin=subprocess.DEVNULL, capture_output=True)\n"
        "print(os.getresuid())\n"
        "try: os.setuid(0)\n"
        "except OSError as error: print(error.errno)\n"
        "os.chmod('/tmp', 0o777)\n",
        limits=Limits(wall_ms=4_000),
    )
    assert outcome.stdout == b"(1000, 1000, 1000)\n22\n"


def test_a_crash_starts_no_core_handler_of_the_host(box):
    """A core limit of 0 does not keep the kernel from piping a core to one; 1 does."""
    outcome = box.python(
        "import resource\n"
        "def attempt(*limits):\n"
        "    try: resource.setrlimit(resource.RLIMIT_CORE, limits)\n"
        "    except ValueError: return 'refused'\n"
        "print(attempt(0, 0), attempt(0, 1), attempt(2, 2), resource.getrlimit(resource.RLIMIT_CORE))\n"
        "resource.setrlimit(resource.RLIMIT_NOFILE, (20, 20))\n"
        "print(resource.getrlimit(resource.RLIMIT_NOFILE))\n"
    )
    assert outcome.stdout == b"refused refused refused (1, 1)\n(20, 20)\n", outcome.stderr


def test_nothing_is_written_out_to_the_host_s_disk(box):
    """Said to have been done, and not done: not even looked at."""
    outcome = box.python("import os\nfor flush in (os.fsync, os.fdatasync): print(flush(999))\nos.sync()")
    assert (outcome.stdout, outcome.exit_code) == (b"None\nNone\n", 0)


def test_the_usual_threads_and_processes_still_work(box):
    outcome = box.python(
        "import multiprocessing, subprocess, threading, mmap\n"
        "def square(x): return x * x\n"
        "if __name__ == '__main__':\n"
        "    seen = []\n"
        "    threads = [threading.Thread(target=seen.append, args=(i,)) for i in range(8)]\n"
        "    [t.start() for t in threads]; [t.join() for t in threads]\n"
        "    with multiprocessing.get_context('fork').Pool(2) as pool: squares = pool.map(square, range(5))\n"
        "    said = subprocess.run(['/bin/echo', 'hi'], capture_output=True).stdout\n"
        "    print(sorted(seen), squares, said)\n",
    )
    assert outcome.stdout == b"[0, 1, 2, 3, 4, 5, 6, 7] [0, 1, 4, 9, 16] b'hi\\n'\n", outcome.stderr
