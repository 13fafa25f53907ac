"""Programs that misuse processes. The ``box`` fixture checks after each that nothing is left of them."""

import pytest

from judgeline.judging.sandbox.box import Limits, Stopped

SHORT = Limits(cpu_ms=300, wall_ms=800, processes=32)


@pytest.mark.parametrize("way", ["plain", "setsid"])
def test_fork_bomb(box, build, way):
    outcome = box.program(build("bomb"), way, limits=SHORT)
    assert outcome.stopped in {Stopped.CPU, Stopped.WALL}
    assert outcome.why


def test_processes_are_bounded(box):
    outcome = box.python(
        "import os\n"
        "made = 0\n"
        "try:\n"
        "    while made < 1000:\n"
        "        if os.fork() == 0:\n"
        "            os.read(os.pipe()[0], 1)\n"
        "        made += 1\n"
        "except BlockingIOError:\n"
        "    print(made)\n",
        limits=Limits(processes=20),
    )
    assert outcome.stdout == b"19\n"


def test_killing_everybody_kills_no_one_else(box):
    outcome = box.python(
        "import os, signal\n"
        "if os.fork() == 0:\n"
        "    os.read(os.pipe()[0], 1)\n"
        "os.kill(-1, signal.SIGKILL)\n"
        "for number in range(1, 65):\n"
        "    for target in (1, 0 if number in (18, 28, 17, 23) else 1):\n"
        "        try: os.kill(target, number)\n"
        "        except OSError as error: pass\n"
        "print('alive')\n"
    )
    assert (outcome.stdout, outcome.exit_code) == (b"alive\n", 0)


def test_the_first_process_of_the_box_cannot_be_touched(box):
    outcome = box.python(
        "import os, resource\n"
        "def refused(what):\n"
        "    try: what()\n"
        "    except OSError as error: return True\n"
        "    return False\n"
        "print([\n"
        "    refused(lambda: open('/proc/1/mem', 'r+b')),\n"
        "    refused(lambda: open('/proc/1/environ').read()),\n"
        "    refused(lambda: os.listdir('/proc/1/fd')),\n"
        "    refused(lambda: os.readlink('/proc/1/exe')),\n"
        "    refused(lambda: os.listdir('/proc/1/root/')),\n"
        "    refused(lambda: open('/proc/1/oom_score_adj', 'w').write('1000')),\n"
        "    refused(lambda: resource.prlimit(1, resource.RLIMIT_NOFILE, (1, 1))),\n"
        "    refused(lambda: os.setpriority(os.PRIO_PROCESS, 1, 19)),\n"
        "    refused(lambda: os.setpriority(os.PRIO_USER, 0, 19)),\n"
        "    refused(lambda: os.sched_setaffinity(1, {0})),\n"
        "    refused(lambda: os.sched_setscheduler(1, os.SCHED_IDLE, os.sched_param(0))),\n"
        "])\n"
    )
    assert outcome.stdout == f"{[True] * 11}\n".encode()


def test_a_stopped_program_meets_the_wall_limit(box):
    outcome = box.python("import os, signal; os.kill(os.getpid(), signal.SIGSTOP)", limits=SHORT)
    assert (outcome.stopped, outcome.signal) == (Stopped.WALL, 9)


def test_a_stopped_session_meets_the_wall_limit(box):
    outcome = box.python("import os, signal\nos.fork()\nos.fork()\nos.kill(0, signal.SIGSTOP)", limits=SHORT)
    assert outcome.stopped is Stopped.WALL


def test_children_that_outlive_their_parent_and_hold_its_output(box):
    outcome = box.python(
        "import os, sys, time\n"
        "print('answer', flush=True)\n"
        "for number in range(10):\n"
        "    if os.fork() == 0:\n"
        "        os.setsid()\n"
        "        if os.fork() == 0:\n"
        "            while True:\n"
        "                time.sleep(0.01)\n"
        "        os._exit(0)\n"
    )
    assert (outcome.stdout, outcome.exit_code, outcome.stopped) == (b"answer\n", 0, Stopped.NO)
    assert outcome.wall_ms < 3_000


def test_zombies_are_cleared_away(box):
    outcome = box.python(
        "import os\nfor number in range(40):\n    if os.fork() == 0:\n        os._exit(0)\nprint('done')\n"
    )
    assert (outcome.stdout, outcome.exit_code) == (b"done\n", 0)


def test_no_descriptor_of_the_judge_is_inherited(box):
    outcome = box.python(
        "import os\n"
        "found = []\n"
        "for fd in range(3, 4096):\n"
        "    try:\n"
        "        os.write(fd, b'\\x01\\0\\0\\0\\x0d\\0\\0\\0' + bytes(80))\n"
        "        found.append(fd)\n"
        "    except OSError: pass\n"
        "print(found, os.getsid(0) == os.getpid(), os.getpgid(0) == os.getpid())\n"
    )
    assert outcome.stdout == b"[] True True\n"


def test_a_child_given_to_the_first_process(box):
    """CLONE_PARENT makes the new process a child of pid 1, to be counted and cleared away like any other."""
    outcome = box.python(
        "import ctypes, os, time\n"
        "libc = ctypes.CDLL(None, use_errno=True)\n"
        "CLONE_PARENT, SIGCHLD, SYS_clone = 0x8000, 17, {'x86_64': 56, 'aarch64': 220}[os.uname().machine]\n"
        "pid = libc.syscall(SYS_clone, CLONE_PARENT | SIGCHLD, 0, 0, 0, 0)\n"
        "if pid == 0:\n"
        "    end = time.process_time() + 0.2\n"
        "    while time.process_time() < end: pass\n"
        "    os._exit(7)\n"
        "while os.path.exists(f'/proc/{pid}'): time.sleep(0.01)\n"
        "print(pid > 0)\n"
    )
    assert (outcome.stdout, outcome.exit_code) == (b"True\n", 0)
    assert outcome.cpu_ms >= 200
