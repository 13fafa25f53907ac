"""What is looked at after an attack, each for itself."""

import os
import socket
import subprocess
import sys
import tempfile
import uuid
from pathlib import Path

import pytest

from judgeline.judging.attacks.secrets import VARIABLE, Secrets
from judgeline.judging.attacks.traces import Traces, Tracker, descendants, keeping_orphans
from judgeline.judging.attacks.watched import WatchedSandbox
from judgeline.judging.attacks.watchman import MOST_DISK, MOST_MEMORY, Free, available_memory, taken
from judgeline.judging.errors import BoxError
from judgeline.judging.sandbox.box import Command, Outcome, Stopped
from judgeline.judging.sandbox.cgroup import PREFIX

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="attacks are for Linux")


@pytest.fixture
def secrets(tmp_path):
    with Secrets(tmp_path) as planted:
        yield planted


def test_secrets_are_planted_and_go_again(tmp_path):
    with Secrets(tmp_path) as planted:
        assert os.environ[VARIABLE] == planted.word
        assert planted.touched() == []
    assert VARIABLE not in os.environ


def test_a_secret_is_known_in_every_dress(secrets):
    word = secrets.word.encode()
    assert secrets.told_in(b"x" + word + b"y")
    assert secrets.told_in(word[::-1])
    assert secrets.told_in(word.hex().encode())
    assert not secrets.told_in(b"nothing")


def test_who_writes_or_connects_is_noticed_once(secrets):
    places = secrets.places()
    secrets.answer.write_text("another")
    with socket.create_connection(("127.0.0.1", int(places["PORT"]))):
        pass
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.sendto(b"x", ("127.0.0.1", int(places["UDP_PORT"])))
    for address in ("\0" + places["SOCKET"], places["SOCKET_PATH"]):
        with socket.socket(socket.AF_UNIX) as unix:
            unix.connect(address)
    assert secrets.touched() == [
        "another.ans was changed",
        "a TCP port of 127.0.0.1 was reached",
        "a UDP port of 127.0.0.1 was reached",
        "a Unix socket was reached",
        "a Unix socket was reached",
    ]
    assert secrets.touched() == []


def test_a_file_that_was_left_or_changed_is_found(tmp_path):
    mark = f"judgeline-test-{uuid.uuid4().hex}"
    (tmp_path / "helper").write_text("x")
    tracker = Tracker(mark, [], [tmp_path])
    before = tracker.take()
    assert tracker.left_since(before) == []
    (tmp_path / "helper").write_text("another")
    (change,) = tracker.take().since(before)
    assert change.startswith(f"left on the host: file: {tmp_path}/helper of 7 bytes")
    left = Path(tempfile.gettempdir(), f"{mark}-left")
    left.touch()
    try:
        assert f"left on the host: file: {left}" in tracker.take().since(before)
    finally:
        left.unlink()


def test_a_cgroup_that_was_left_is_found(tmp_path):
    tracker = Tracker("x", [tmp_path], [])
    before = tracker.take()
    (tmp_path / f"{PREFIX}{os.getpid()}-1-1").mkdir()
    (tmp_path / f"{PREFIX}1-1-1").mkdir()
    assert tracker.take().since(before) == [f"left on the host: cgroup: {tmp_path}/{PREFIX}{os.getpid()}-1-1"]


def test_shared_memory_and_mounts_that_were_left_are_told():
    empty = frozenset()
    before = Traces(empty, frozenset({"/"}), empty, empty, empty)
    after = Traces(empty, frozenset({"/", "/sys"}), empty, frozenset({"/dev/shm/x"}), empty)
    assert after.since(before) == ["left on the host: mount: /sys", "left on the host: memory: /dev/shm/x"]
    assert before.since(after) == []


def test_an_orphan_s_orphan_is_found():
    """The process between is gone; what it started is still below this one."""
    with keeping_orphans():
        before = descendants(os.getpid())
        code = "import subprocess as s; print(s.Popen(['sleep', '60'], stdout=s.DEVNULL).pid)"
        done = subprocess.run([sys.executable, "-c", code], stdout=subprocess.PIPE, check=True)
        orphan = int(done.stdout)
        found = descendants(os.getpid())
        os.kill(orphan, 9)
        os.waitpid(orphan, 0)
    assert found.keys() - before.keys() == {orphan}
    assert "sleep" in found[orphan]


def test_what_a_host_lost_beyond_the_bounds_is_told():
    first = Free(2 * MOST_MEMORY, 2 * MOST_DISK)
    assert taken(first, Free(MOST_MEMORY, MOST_DISK)) == []
    assert taken(first, Free(MOST_MEMORY - 1, MOST_DISK)) == ["the host had 1024 MiB less memory for a while"]
    assert taken(first, Free(MOST_MEMORY, MOST_DISK - 1)) == ["the host had 512 MiB less disk for a while"]
    assert available_memory("MemFree: 1 kB\nMemAvailable:   7 kB\n") == 7 * 1024


class Scripted:
    """Boxes whose programs print one after another of these, or raise it."""

    def __init__(self, *said):
        self._said = list(said)

    def open(self, **_):
        return self

    def run(self, *_):
        said = self._said.pop(0)
        if isinstance(said, Exception):
            raise said
        return Outcome(
            exit_code=0,
            signal=None,
            stopped=Stopped.NO,
            cpu_ms=1,
            wall_ms=1,
            memory_kb=1,
            stdout=said,
            stderr=b"",
        )

    def close(self):
        pass

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass


@pytest.mark.parametrize(
    ("after", "fault"),
    [
        (b"files: *\npid: 2\n", []),
        (b"files: left\npid: 2\n", ["left in its box: files: left"]),
        (BoxError("the box is closed"), ["its box serves no more: the box is closed"]),
    ],
)
def test_each_used_box_is_held_against_a_new_one(after, fault):
    watched = WatchedSandbox(Scripted(b"files: *\npid: 2\n", b"42\n", after))
    with watched.open() as box:
        box.run(Command(argv=("/bin/true",)))
    outcomes, faults = watched.take()
    assert [outcome.stdout for outcome in outcomes] == [b"42\n"]
    assert faults == fault
    assert watched.take() == ([], [])
