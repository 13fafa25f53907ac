"""A SIGHUP in the first moments of a process's life: it is kept until it can be heard, and kills nobody."""

import os
import pty
import signal
import sys
from pathlib import Path

import pytest

from judgeline.store.migrate import migrate

HANGUP = 1 << (signal.SIGHUP - 1)


@pytest.fixture
def held():
    """Have what is started meanwhile begin with SIGHUP held."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGHUP})
    yield
    signal.pthread_sigmask(signal.SIG_SETMASK, before)


@pytest.fixture
def unheld():
    """The same, with SIGHUP as a shell leaves it."""
    before = signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGHUP})
    yield
    signal.pthread_sigmask(signal.SIG_SETMASK, before)


def masks(pid):
    """What a process holds back and what it catches."""
    lines = dict(
        line.split(":\t", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines() if ":\t" in line
    )
    return int(lines["SigBlk"], 16), int(lines["SigCgt"], 16)


def hang_up_until(helpers, process, condition):
    """Send SIGHUP again and again until the condition holds."""

    def sent():
        process.send_signal(signal.SIGHUP)
        assert process.poll() is None, "it died"
        return condition()

    helpers.until(sent)


def test_a_supervisor_survives_hang_ups_from_its_spawn_on(pool, helpers, held):
    supervisor = pool.start()
    hang_up_until(helpers, supervisor, lambda: pool.said("reloaded queues.toml"))
    assert pool.ended(pool.put()).state == "done"


def test_a_recorder_survives_hang_ups_from_its_spawn_on(pool, helpers, held, tmp_path):
    file = pool.folder / "queues.toml"
    file.write_text(file.read_text().replace("store = false", "store = true"))
    database = f"sqlite:///{tmp_path / 'store.db'}"
    migrate(database)
    recorder = pool.start(queue="recorder", DATABASE_URL=database)
    hang_up_until(helpers, recorder, lambda: pool.said("reloaded queues.toml"))
    recorder.terminate()
    assert recorder.wait(30) == 0


@pytest.mark.parametrize("queue", ["submissions", "recorder"])
def test_a_process_holds_hang_ups_before_its_imports(pool, helpers, unheld, queue):
    process = pool.start(queue=queue)

    def ready():
        blocked, caught = masks(process.pid)
        return (blocked | caught) & HANGUP and (blocked, caught)

    blocked, caught = helpers.until(ready)
    assert blocked & HANGUP, "it waits with that until it can hear them"
    assert not caught & HANGUP


def test_a_terminal_that_goes_before_anybody_listens_is_seen_as_gone():
    """Between the first instant and the handler lie the imports."""
    program = (
        "import os, sys; from judgeline import terminal; terminal.hold();"
        "os.write(3, b'x'); sys.stdin.buffer.raw.read(1);"
        "os.write(3, b'gone' if terminal.Terminal().gone else b'here')"
    )
    told, tell = os.pipe()
    asked, ask = os.pipe()
    pid, master = pty.fork()
    if pid == 0:
        os.dup2(asked, 0)
        os.dup2(tell, 3)
        os.execv(sys.executable, [sys.executable, "-c", program])
    os.close(tell)
    os.close(asked)
    assert os.read(told, 1) == b"x"
    os.close(master)
    os.write(ask, b"x")
    assert os.read(told, 4) == b"gone"
    os.waitpid(pid, 0)
    os.close(told)
    os.close(ask)
