"""Programs that misuse files: those they leave, those they were given, those of the host."""

import fcntl
from pathlib import Path

import pytest

from judgeline.judging.sandbox.box import Command, Limits, Stopped


@pytest.mark.parametrize(
    "make",
    [
        "os.symlink('/etc/passwd', 'out')",
        "os.symlink('/dev/urandom', 'out')",
        "os.symlink('real', 'out'); open('real', 'w').write('x')",
        "os.mkfifo('out')",
        "os.mkdir('out')",
        "socket.socket(socket.AF_UNIX).bind('out')",
        "os.symlink('/proc/self/environ', 'out')",
        "os.link('/etc/passwd', 'out')",
    ],
    ids=[
        "link to passwd",
        "link to urandom",
        "link to own",
        "fifo",
        "folder",
        "socket",
        "link to proc",
        "hard link",
    ],
)
def test_only_regular_files_are_collected(box, make):
    code = f"import os, socket\ntry:\n    {make}\nexcept OSError as error: print(error)"
    outcome = box.run(Command(argv=("/usr/bin/python3", "-c", code), collect={"out": 1000}))
    assert outcome.files == {}


def test_a_linked_folder_on_the_way_is_not_followed(box):
    code = "import os; os.symlink('/etc', 'there'); os.symlink('.', 'here'); open('x', 'w').write('x')"
    collect = {"there/passwd": 1000, "here/x": 10, "x": 10}
    outcome = box.run(Command(argv=("/usr/bin/python3", "-c", code), collect=collect))
    assert outcome.files == {"x": b"x"}


def test_a_million_files(box):
    outcome = box.python(
        "made = 0\n"
        "try:\n"
        "    while made < 10**6: open(f'/tmp/{made}', 'w').close(); made += 1\n"
        "except OSError as error: print(made < 1000, error.errno)\n",
        limits=Limits(tmp_inodes=1_000),
    )
    assert outcome.stdout == b"True 28\n"


def test_a_sparse_file_of_a_terabyte(box):
    outcome = box.python(
        "import os, signal\n"
        "fd = os.open('/tmp/x', os.O_CREAT | os.O_RDWR)\n"
        "try: os.ftruncate(fd, 1 << 40)\n"
        "except OSError as error: print(error.errno)\n"
        "try: os.posix_fallocate(fd, 0, 1 << 40)\n"
        "except OSError as error: print(error.errno)\n"
    )
    assert outcome.stdout == b"27\n27\n"


def test_a_very_deep_tree_with_strange_names(box):
    outcome = box.python(
        "import os\n"
        "for name in ('a\\nb', '\\x01', '..\\n', '-rf'): open('/tmp/' + name, 'w').close()\n"
        "depth = 0\n"
        "try:\n"
        "    while depth < 10_000:\n"
        "        os.mkdir('d' * 200); os.chdir('d' * 200); depth += 1\n"
        "except OSError as error: pass\n"
        "print(depth > 1_000)\n",
        limits=Limits(tmp_inodes=20_000),
    )
    assert outcome.stdout == b"True\n"


def test_the_input_cannot_be_rewritten_for_anyone(box):
    code = (
        "import os\n"
        "def attempt(what):\n"
        "    try: what()\n"
        "    except OSError as error: return error.errno\n"
        "    return 0\n"
        "path = '/proc/self/fd/0'\n"
        "print(attempt(lambda: os.write(os.open(path, os.O_RDWR), b'EVIL')))\n"
        "print(attempt(lambda: os.truncate(path, 0)))\n"
        "print(attempt(lambda: os.pwrite(0, b'EVIL', 0)))\n"
        "attempt(lambda: os.fchmod(0, 0))\n"
        "attempt(lambda: os.utime(0, (1, 1)))\n"
        "attempt(lambda: os.setxattr(path, 'user.note', b'1'))\n"
        "print(input())\n"
    )
    for _ in range(2):
        outcome = box.python(code, b"the input\n")
        assert outcome.stdout == b"1\n1\n1\nthe input\n"
    seen = box.python(
        "import os; s = os.stat(0); print(s.st_mtime > 1e9, oct(s.st_mode & 0o444), os.listxattr(0))"
    )
    assert seen.stdout == b"True 0o444 []\n"


def test_nothing_of_the_host_can_be_written(box):
    folders = "/ /usr /usr/bin /usr/lib /etc /etc/alternatives /dev /prog /proc /proc/sys/kernel /lib /bin"
    switches = "sysrq-trigger sys/kernel/core_pattern sys/user/max_user_namespaces sys/vm/drop_caches"
    outcome = box.python(
        "import os\n"
        "done = []\n"
        "def attempt(name, what):\n"
        "    try: what()\n"
        "    except OSError: return\n"
        "    done.append(name)\n"
        f"for folder in {folders.split()}:\n"
        "    attempt(folder, lambda: os.open(folder + '/judgeline-was-here', os.O_CREAT | os.O_WRONLY))\n"
        "for path in ('/dev/null', '/dev/full', '/usr/bin/env', '/etc/passwd'):\n"
        "    attempt(path, lambda: os.chmod(path, 0o777))\n"
        "    attempt(path, lambda: os.utime(path))\n"
        "    attempt(path, lambda: os.chown(path, 1000, 1000))\n"
        "    attempt(path, lambda: os.unlink(path))\n"
        f"for name in {switches.split()}:\n"
        "    attempt(name, lambda: os.write(os.open('/proc/' + name, os.O_WRONLY), b'1'))\n"
        "attempt('device', lambda: os.mknod('/tmp/sda', 0o60666, os.makedev(8, 0)))\n"
        "print(done)\n"
    )
    assert outcome.stdout == b"[]\n", outcome.stderr


def test_shared_memory_and_files_end_with_the_run(box):
    leave = (
        "import os, multiprocessing.shared_memory as m\n"
        "from multiprocessing import resource_tracker\n"
        "resource_tracker.register = lambda *_: None\n"
        "m.SharedMemory('left', create=True, size=1000)\n"
        "open('/dev/shm/x', 'w').close(); open('/tmp/y', 'w').close()\n"
        "print(sorted(os.listdir('/dev/shm')))\n"
    )
    for _ in range(2):
        assert box.python(leave).stdout == b"['left', 'x', 'y']\n"


def test_a_rewritten_executable(box):
    box.load({"main.py": (b"open(__file__, 'w')", 0o555)})
    outcome = box.run(Command(argv=("/usr/bin/python3", "/prog/main.py")))
    assert b"Read-only file system" in outcome.stderr
    assert (outcome.exit_code, outcome.stopped) == (1, Stopped.NO)


def test_locks_tell_other_boxes_nothing(sandbox):
    """The files of /usr are the same ones in every box, and so are the locks on them."""
    lock = (
        "import fcntl, struct\n"
        "file = open('/usr/bin/env', 'rb')\n"
        "def attempt(what):\n"
        "    try: what()\n"
        "    except OSError as error: return error.errno\n"
        "    return 'done'\n"
        "print(attempt(lambda: fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)),\n"
        "      attempt(lambda: fcntl.fcntl(file, fcntl.F_GETLK, struct.pack('hhqqi', 1, 0, 0, 0, 0))))\n"
    )
    with Path("/usr/bin/env").open("rb") as held, sandbox.open() as box:
        fcntl.flock(held, fcntl.LOCK_EX)
        outcome = box.run(Command(argv=("/usr/bin/python3", "-c", lock)))
    assert outcome.stdout == b"done 1\n"


def test_sources_that_lie_in_usr_cannot_be_read(box):
    """/usr/src is where container images keep the project they run."""
    outcome = box.python(
        "import os\n"
        "for folder in ('/usr/src', '/usr/local/src'):\n"
        "    if os.path.isdir(folder): print(os.listdir(folder))\n"
        "    try: open(folder + '/x', 'w')\n"
        "    except OSError: pass\n"
    )
    there = [folder for folder in ("/usr/src", "/usr/local/src") if Path(folder).is_dir()]
    assert outcome.stdout == b"[]\n" * len(there), outcome.stderr


def test_secrets_of_the_host_cannot_be_read(box):
    places = ["/etc/shadow", "/etc/hostname", "/root", "/home", "/var", "/run", "/sys", "/srv", "/mnt"]
    here = "/" + Path(__file__).resolve().parts[1]
    if here not in {"/usr", "/tmp"}:
        places.append(here)
    outcome = box.python(
        f"import os\nprint([place for place in {places} if os.path.lexists(place)])\n"
        "print(open('/etc/passwd').read().count(':x:'), os.uname().nodename)\n"
    )
    assert outcome.stdout == b"[]\n2 judgeline\n"
