import fcntl
import os
import pty
import subprocess
import sys
import termios
from contextlib import suppress

PROGRAM = """
import signal, sys
from judgeline.terminal import Terminal
terminal = Terminal()
signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGHUP})
print(terminal.gone, flush=True)
sys.stdin.readline()
print(terminal.gone, flush=True)
"""


def started(**more):
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, **more
    )


def test_a_process_that_never_had_a_terminal_cannot_lose_it():
    with started(start_new_session=True) as process:
        assert process.communicate("\n", timeout=30)[0].split() == ["False", "False"]


def test_a_terminal_that_hangs_up_is_gone():
    master, slave = pty.openpty()
    process = started(
        start_new_session=True, preexec_fn=lambda: fcntl.ioctl(slave, termios.TIOCSCTTY, 0), pass_fds=[slave]
    )
    with process:
        assert process.stdout.readline() == "False\n"
        os.close(slave)
        os.close(master)
        with suppress(BrokenPipeError):
            assert process.communicate("\n", timeout=30)[0] == "True\n"
