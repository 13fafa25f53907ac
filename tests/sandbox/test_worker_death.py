"""A worker that is killed leaves nothing alive."""

import contextlib
import os
import signal
import subprocess
import sys
import uuid
from pathlib import Path

import pytest

from judgeline.judging.errors import BoxError
from judgeline.judging.sandbox import cgroup
from judgeline.judging.sandbox.box import Command, Limits

WORKER = """
import os, sys, time
from pathlib import Path
from judgeline.judging.sandbox.box import Command, Limits
from judgeline.judging.sandbox.local import LocalSandbox

ballast = bytearray(50 << 20)  # a worker that has grown
if sys.argv[3] == "forked" and (child := os.fork()):
    os.waitpid(child, 0)
    sys.exit()
sandbox = LocalSandbox(Path(sys.argv[1]))
box, idle = sandbox.open(), sandbox.open()
holder = os.fork() if sys.argv[3] == "held" else 0
if sys.argv[3] == "held" and holder == 0:
    time.sleep(60)
    os._exit(0)
print(os.getpid(), holder, flush=True)
code = '''
import os, time
for _ in range(20):
    if os.fork() == 0:
        os.setsid()
        os.fork()
        break
while True: time.sleep(0.001)
'''
limits = Limits(cpu_ms=60_000, wall_ms=60_000)
mark = {"JUDGELINE_TEST_MARK": sys.argv[2]}
box.run(Command(argv=("/usr/bin/python3", "-c", code), env=mark, limits=limits))
"""


PHASES = {
    "making a box": "with sandbox.open(): pass",
    "loading": "with sandbox.open() as box: box.load({'big': (big, 0o444)})",
    "running": "box.run(Command(argv=('/usr/bin/wc',)), big)",
    "collecting": "box.run(Command(argv=('/bin/true',), files={'in': big}, collect={'in': len(big)}))",
}
PHASE = """
import sys
from pathlib import Path
from judgeline.judging.sandbox.box import Command
from judgeline.judging.sandbox.local import LocalSandbox
sandbox = LocalSandbox(Path(sys.argv[1]))
big = bytes(20 << 20)
box = sandbox.open()
while True:
    print(flush=True)
    exec(sys.argv[2])
"""
KILL_IN_PHASE = """
import ctypes, os, subprocess, sys
ctypes.CDLL(None).prctl(36, 1)  # PR_SET_CHILD_SUBREAPER: whoever is orphaned becomes a child of this process
process = subprocess.Popen([sys.executable, "-c", *sys.argv[1:4]], stdout=subprocess.PIPE)
for _ in range(int(sys.argv[4])):
    assert process.stdout.readline() == b"\\n"
process.kill()
try:
    while True: os.wait()
except ChildProcessError: print("all are gone")
"""


def marked(mark):
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if mark.encode() in (folder / "environ").read_bytes():
                found.append(int(folder.name))
    return found


def children(pid):
    try:
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


def is_gone(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


@pytest.mark.parametrize("how", ["direct", "forked", "held"])
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_nothing_outlives_the_worker(own_sandbox, root_cache, wait_until, how, number):
    mark = uuid.uuid4().hex
    command = [sys.executable, "-c", WORKER, str(root_cache), mark, how]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        worker, holder = map(int, process.stdout.readline().split())
        wait_until(lambda: len(marked(mark)) >= 10, "the bomb")
        guards = [child for child in children(worker) if child != holder]
        assert len(guards) == 2
        os.kill(worker, number)
        wait_until(lambda: all(map(is_gone, guards)), "the guards' end")
        if holder:  # a process that the worker forked, and that holds all its sockets
            os.kill(holder, signal.SIGKILL)
    assert marked(mark) == []
    assert process.returncode == (0 if how == "forked" else -number)
    cgroups = cgroup.find_cgroups()
    cgroups.sweep()
    left = [path for parent in cgroups.parents.values() for path in parent.glob(f"{cgroup.PREFIX}{worker}-*")]
    assert left == []


@pytest.mark.parametrize("count", [1, 2, 5])
@pytest.mark.parametrize("phase", PHASES)
def test_nothing_outlives_a_worker_killed_while(own_sandbox, root_cache, phase, count):
    command = [sys.executable, "-c", KILL_IN_PHASE, PHASE, str(root_cache), PHASES[phase], str(count)]
    done = subprocess.run(command, capture_output=True, timeout=30, check=False)
    assert (done.stdout, done.stderr) == (b"all are gone\n", b"")
    cgroup.find_cgroups().sweep()


def test_closing_is_heard_though_a_forked_process_holds_the_socket_too(own_sandbox, monkeypatch):
    box = own_sandbox.open()
    held = os.dup(box._link._socket.fileno())
    monkeypatch.delattr(signal, "pidfd_send_signal")  # what closing would need if the guard did not hear
    box.close()
    os.close(held)


def test_a_killed_guard_takes_its_box_along(own_sandbox, wait_until):
    box = own_sandbox.open()
    try:
        inner = children(box._link._guard)
        assert len(inner) == 1
        os.kill(box._link._guard, signal.SIGKILL)
        with pytest.raises(BoxError):
            box.run(Command(argv=("/bin/sleep", "10"), limits=Limits(wall_ms=20_000)))
        wait_until(lambda: all(map(is_gone, inner)), "the end of the box")
    finally:
        box.close()
    with own_sandbox.open() as following:
        assert following.run(Command(argv=("/bin/true",))).exit_code == 0
