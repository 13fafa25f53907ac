"""Boxes for strangers' programs: made as root and as a plain user, where this machine lets us be both."""

import contextlib
import itertools
import os
import pickle
import shutil
import struct
import subprocess
import sys
import tempfile
import time
import uuid
from pathlib import Path

import msgspec
import pytest

from judgeline.judging.errors import BoxError, SandboxError
from judgeline.judging.sandbox import cgroup, open_sandbox
from judgeline.judging.sandbox.box import Command, Limits

PYTHON = "/usr/bin/python3"
PROGRAMS = Path(__file__).parent / "programs"
PLAIN_UID = 60_700
MARK = "JUDGELINE_TEST_MARK"
QUICK = Limits(cpu_ms=2_000, wall_ms=4_000)


class RemoteBox:
    """A box that another user's process holds for us."""

    def __init__(self, sandbox, number):
        self._sandbox = sandbox
        self._number = number

    def load(self, files):
        self._sandbox.ask("load", self._number, {"files": files})

    def run(self, command, stdin=b""):
        return self._sandbox.ask("run", self._number, {"command": command, "stdin": stdin})

    def close(self):
        self._sandbox.ask("close", self._number, {})

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class RemoteSandbox:
    """LocalSandbox under a plain user's uid, in a process of its own."""

    def __init__(self, cache_dir):
        self._numbers = itertools.count()
        command = [
            sys.executable,
            str(Path(__file__).with_name("plain_user.py")),
            str(PLAIN_UID),
            str(cache_dir),
        ]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def open(self, *, binds=(), warm=None):
        number = next(self._numbers)
        self.ask("open", number, {"binds": binds, "warm": warm})
        return RemoteBox(self, number)

    def ask(self, verb, number, arguments):
        data = pickle.dumps((verb, number, arguments))
        self._process.stdin.write(struct.pack("=I", len(data)) + data)
        self._process.stdin.flush()
        length = struct.unpack("=I", self._process.stdout.read(4))[0]
        answer = pickle.loads(self._process.stdout.read(length))
        if isinstance(answer, BoxError):
            raise answer
        return answer

    def close(self):
        self._process.stdin.close()
        self._process.wait(20)
        self._process.stdout.close()


@pytest.fixture(scope="session")
def cache_dir():
    """A folder that a plain user can write to as well; pytest's own ones are closed to others."""
    folder = Path(tempfile.mkdtemp(prefix="judgeline-test-"))
    if os.geteuid() == 0:
        os.chown(folder, PLAIN_UID, PLAIN_UID)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def root_cache(tmp_path_factory):
    return tmp_path_factory.mktemp("cache")


def _opened(cache):
    try:
        return open_sandbox(cache)
    except SandboxError as error:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip(f"no sandbox here: {error}")


@pytest.fixture(scope="session")
def own_sandbox(root_cache):
    """The sandbox of the user who runs the tests, whoever that is."""
    return _opened(root_cache)


@pytest.fixture(scope="session", params=["root", "user"])
def sandbox(request, own_sandbox, cache_dir):
    is_root = os.geteuid() == 0
    if request.param == "root" and not is_root:
        pytest.skip("needs root, to see what a worker run as root must withstand")
    if request.param == "root" or not is_root:
        yield own_sandbox
        return
    remote = RemoteSandbox(cache_dir)
    yield remote
    remote.close()


@pytest.fixture
def counted(sandbox):
    """Whether a cgroup counts what programs use."""
    return bool(getattr(sandbox, "cgroups", None) and sandbox.cgroups.version)


@pytest.fixture
def box(sandbox):
    """A box, and afterwards: nothing is left of what ran in it, it still serves, and so does the next one."""
    mark = uuid.uuid4().hex
    with Marked(sandbox.open(), mark) as marked:
        yield marked
        assert_clean(marked)
    assert marked_processes(mark) == []
    assert own_cgroups() == []
    with Marked(sandbox.open(), mark) as following:
        assert_clean(following)


class Marked:
    """A box whose programs carry a mark in their environment, by which they can be found on the host."""

    def __init__(self, box, mark):
        self._box = box
        self.mark = mark
        self.load = box.load
        self.close = box.close

    def run(self, command, stdin=b""):
        marked = msgspec.structs.replace(command, env={**command.env, MARK: self.mark})
        return self._box.run(marked, stdin)

    def python(self, code, stdin=b"", *, limits=QUICK, **fields):
        """Run Python code in the box."""
        return self.run(Command(argv=(PYTHON, "-c", code), limits=limits, **fields), stdin)

    def program(self, binary, *arguments, stdin=b"", limits=QUICK):
        """Load a built program, and run it."""
        self.load({"p": (binary, 0o555)})
        return self.run(Command(argv=("/prog/p", *arguments), limits=limits), stdin)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def assert_clean(box):
    """What a program sees of those before it: nothing."""
    seen = box.python(
        "import os\n"
        "print([p for p in os.listdir('/proc') if p.isdigit()], os.listdir('/tmp'), os.getpid(), input(),\n"
        "      os.statvfs('/tmp').f_bfree == os.statvfs('/tmp').f_blocks,\n"
        "      os.getpriority(0, 0), os.getpriority(0, 1), open('/proc/mounts').read().count(' /tmp '))",
        b"42\n",
    )
    assert (seen.stdout, seen.stderr, seen.exit_code) == (b"['1', '2'] [] 2 42 True 0 0 1\n", b"", 0)


def marked_processes(mark):
    """Processes of this machine, dead ones waiting for their parent included, that carry the mark."""
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            with contextlib.suppress(OSError):
                if mark.encode() in (folder / "environ").read_bytes():
                    found.append(folder.name)
    return found


def own_cgroups():
    """Cgroups of boxes that this process made."""
    parents = cgroup.find_cgroups().parents.values()
    return [path for parent in parents for path in parent.glob(f"{cgroup.PREFIX}{os.getpid()}-*")]


@pytest.fixture(scope="session")
def build(tmp_path_factory):
    """Compile programs/<name>.c on the host, once; gives the static binary's bytes."""
    built = {}
    compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")

    def compile_once(name):
        if name not in built:
            target = tmp_path_factory.mktemp("built") / name
            command = [compiler, "-O1", "-w", "-pthread", "-o", str(target), str(PROGRAMS / f"{name}.c")]
            if subprocess.run([*command, "-static"], capture_output=True, check=False).returncode:
                subprocess.run(command, check=True)
            built[name] = target.read_bytes()
        return built[name]

    return compile_once


@pytest.fixture
def wait_until():
    """Wait for a condition, and fail after ten seconds without it."""

    def wait(condition, what):
        deadline = time.monotonic() + 10
        while not condition():
            assert time.monotonic() < deadline, f"never came: {what}"
            time.sleep(0.005)

    return wait
