"""Programs that misuse processes. The ``box`` fixture checks after each that nothing is left of them."""

from judgeline.judging.sandbox.box import Limits

SHORT = Limits(cpu_ms=300, wall_ms=800, processes=32)


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
