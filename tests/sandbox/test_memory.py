"""Programs that take too much memory, in every way there is."""

import os
import shutil
import signal
import tempfile
import threading
from pathlib import Path

import pytest

from judgeline.judging.sandbox.box import Command, Limits, Stopped
from judgeline.judging.sandbox.meter import Usage

MEMORY = 100 << 20
LIMITS = Limits(memory_bytes=MEMORY, tmp_bytes=512 << 20, cpu_ms=5_000, wall_ms=8_000)


@pytest.mark.parametrize("way", ["heap", "static", "stack", "mmap", "tmp", "many"])
def test_too_much_memory(box, build, way):
    outcome = box.program(build("array" if way == "static" else "memory"), way, limits=LIMITS)
    if way == "stack" and outcome.signal == 11:  # the stack's own limit may be met a page before the other
        assert outcome.memory_kb > MEMORY / 1024 * 0.8
    assert outcome.stopped is Stopped.MEMORY
    assert outcome.exit_code != 0
    assert "of 100 MB memory" in outcome.why
    assert outcome.memory_kb >= MEMORY / 1024 * 0.8


@pytest.mark.parametrize("way", ["memfd", "shared"])
def test_memory_that_no_process_shows(box, build, counted, way):
    """Where a cgroup counts it is counted; elsewhere it cannot be had."""
    outcome = box.program(build("memory"), way, limits=LIMITS)
    assert outcome.exit_code != 0
    if counted:
        assert outcome.stopped is Stopped.MEMORY
    else:
        assert (outcome.exit_code, outcome.stopped) == (3, Stopped.NO)


def test_what_waits_in_sockets_is_memory(box, counted):
    outcome = box.python(
        "import os, socket, time\n"
        "for _ in range(4): os.fork()\n"
        "held = []\n"
        "try:\n"
        "    while True:\n"
        "        held.append(socket.socketpair())\n"
        "        for end in held[-1]:\n"
        "            end.setblocking(False)\n"
        "            try: end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 30)\n"
        "            except PermissionError: pass\n"
        "            try:\n"
        "                while end.send(bytes(10_000)): pass\n"
        "            except BlockingIOError: pass\n"
        "except OSError: time.sleep(60)\n",
        limits=LIMITS,
    )
    if not counted or outcome.stopped is not Stopped.WALL:  # a kernel's cgroups may leave its own memory out
        assert outcome.stopped is Stopped.MEMORY


def test_queued_signals_are_bounded(box):
    outcome = box.python("import resource; print(resource.getrlimit(resource.RLIMIT_SIGPENDING))")
    assert outcome.stdout == b"(1024, 1024)\n"


def test_memory_that_processes_share_counts_once(box):
    outcome = box.python(
        "import os, time\n"
        "block = bytearray(60 << 20)\n"
        "for _ in range(4):\n"
        "    if os.fork() == 0:\n"
        "        time.sleep(0.2)\n"
        "        os._exit(0)\n"
        "while True:\n"
        "    try: os.wait()\n"
        "    except ChildProcessError: break\n"
        "print(len(block))",
        limits=LIMITS,
    )
    assert (outcome.stdout, outcome.exit_code, outcome.stopped) == (b"62914560\n", 0, Stopped.NO)
    assert outcome.memory_kb < MEMORY / 1024


def test_memory_that_is_mapped_and_never_touched_is_not_used(box, build):
    outcome = box.program(build("memory"), "untouched", limits=LIMITS)
    assert (outcome.exit_code, outcome.stopped) == (0, Stopped.NO)
    assert outcome.memory_kb < 20_000


def test_memory_just_below_the_limit_is_granted(box):
    outcome = box.python("block = bytearray(60 << 20); print(len(block))", limits=LIMITS)
    assert (outcome.stdout, outcome.exit_code, outcome.stopped) == (b"62914560\n", 0, Stopped.NO)
    assert 60 * 1024 <= outcome.memory_kb < 100 * 1024


def test_files_that_eat_all_memory_while_their_writer_hides(box):
    """Killing the writers frees nothing: it is /tmp that holds the memory. The runner must not fall too."""
    outcome = box.python(
        "import os\n"
        "for number in range(100):\n"
        "    if os.fork() == 0:\n"
        "        with open(f'/tmp/{number}', 'wb') as file:\n"
        "            while True:\n"
        "                file.write(bytes(1 << 16)); file.flush()\n"
        "while True: os.wait()\n",
        limits=LIMITS,
    )
    assert outcome.stopped is Stopped.MEMORY
    assert box.python("print(1)").stdout == b"1\n"


def test_a_box_whose_runner_had_to_be_killed_heals(own_sandbox, monkeypatch):
    if own_sandbox.cgroups.version == 0:
        pytest.skip("no cgroup counts memory here")
    with own_sandbox.open() as box:
        box.load({"a": (b"loaded", 0o444)})
        guard = box._link._guard
        killed = Usage(peak_bytes=MEMORY, cpu_us=2_000, oom_kills=3, reached_limit=True)
        monkeypatch.setattr(box._meter, "end", lambda: killed)
        timer = threading.Timer(0.2, os.kill, (guard, signal.SIGKILL))
        timer.start()
        code = "import time; print('seen', flush=True); time.sleep(5)"
        outcome = box.run(Command(argv=("/usr/bin/python3", "-c", code), limits=LIMITS))
        timer.join()
        assert (outcome.stopped, outcome.stdout, outcome.cpu_ms) == (Stopped.MEMORY, b"seen\n", 2)
        assert "100 MB memory" in outcome.why
        again = box.run(Command(argv=("/bin/cat", "/prog/a"), limits=LIMITS))
        assert (again.stdout, again.stopped) == (b"loaded", Stopped.NO)
        assert box._link._guard != guard


def test_memory_of_one_run_does_not_weigh_on_the_next(box):
    fill = "open('/tmp/x', 'wb').write(bytes(60 << 20)); b = bytearray(20 << 20)"
    for _ in range(3):
        outcome = box.python(fill, limits=LIMITS)
        assert (outcome.exit_code, outcome.stopped) == (0, Stopped.NO)
    assert box.python("pass", limits=LIMITS).memory_kb < 20_000


def test_files_that_the_kernel_kept_cached_give_no_one_room(own_sandbox, request):
    """The first readers of a file are charged for its pages, which must not widen the next run's limit."""
    if own_sandbox.cgroups.version == 0:
        pytest.skip("no cgroup counts memory here")
    folder = Path(tempfile.mkdtemp(dir="/var/tmp", prefix="judgeline-test-"))
    request.addfinalizer(lambda: shutil.rmtree(folder))
    folder.chmod(0o755)
    (folder / "big").write_bytes(bytes(80 << 20))
    with (folder / "big").open() as big:
        os.fsync(big.fileno())
        os.posix_fadvise(big.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
    limits = Limits(memory_bytes=64 << 20)
    with own_sandbox.open(binds=[str(folder)]) as box:
        read = box.run(Command(argv=("/usr/bin/wc", "-l", f"{folder}/big"), limits=limits))
        assert (read.exit_code, read.stopped) == (0, Stopped.NO)
        code = "block = bytearray({} << 20)"
        fits = box.run(Command(argv=("/usr/bin/python3", "-c", code.format(40)), limits=limits))
        assert (fits.exit_code, fits.stopped) == (0, Stopped.NO)
        assert fits.memory_kb < 60 * 1024
        too_much = box.run(Command(argv=("/usr/bin/python3", "-c", code.format(90)), limits=limits))
        assert too_much.stopped is Stopped.MEMORY


def test_tmp_is_bounded(box):
    outcome = box.python(
        "try:\n"
        "    with open('/tmp/x', 'wb', buffering=0) as file:\n"
        "        while True: file.write(bytes(1 << 16))\n"
        "except OSError as error: print(error.errno)\n",
        limits=Limits(tmp_bytes=1 << 20),
    )
    assert outcome.stdout in {b"28\n", b"27\n"}


def test_the_runner_s_place_before_the_oom_killer_cannot_be_taken(box):
    outcome = box.python(
        "import os\n"
        "score = os.open('/proc/self/oom_score_adj', os.O_WRONLY)\n"
        "try: os.write(score, b'-1000')\n"
        "except OSError as error: print(error.errno)\n"
        "print(open('/proc/self/oom_score_adj').read(), open('/proc/1/oom_score_adj').read(), end='')"
    )
    own = Path("/proc/self/oom_score_adj").read_text()
    assert outcome.stdout == f"13\n1000\n {own}".encode()
