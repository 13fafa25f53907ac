"""Programs that misuse files: those they leave, those they were given, those of the host."""

import fcntl
from pathlib import Path

import pytest

from judgeline.judging.sandbox.box import Command


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
