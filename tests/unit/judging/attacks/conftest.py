"""Sandboxes that are none: attacks must be noticed where nothing keeps them in."""

import os
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

import pytest

from judgeline.judging.attacks import Arena
from judgeline.judging.attacks.traces import descendants
from judgeline.judging.sandbox.box import Outcome, Stopped


def ended(stdout=b"", *, stderr=b"", status=0, stopped=Stopped.NO, files=None):
    return Outcome(
        exit_code=status if status >= 0 else None,
        signal=-status if status < 0 else None,
        stopped=stopped,
        cpu_ms=1,
        wall_ms=1,
        memory_kb=1000,
        stdout=stdout,
        stderr=stderr,
        files=files or {},
    )


class BareBox:
    """Runs programs as they are, in two folders that stand for /prog and /tmp, with our environment."""

    def __init__(self):
        self._folder = Path(tempfile.mkdtemp(prefix="bare-"))
        self._loaded = self._folder / "prog"
        self._loaded.mkdir()

    def load(self, files):
        for name, (content, mode) in files.items():
            path = self._loaded / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
            path.chmod(mode)

    def run(self, command, stdin=b""):
        tmp = self._folder / "tmp"
        for name, content in command.files.items():
            path = tmp / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        tmp.mkdir(exist_ok=True)
        places = {"/prog/": f"{self._loaded}/", "/tmp/": f"{tmp}/"}
        argv = [
            next(
                (real + word[len(place) :] for place, real in places.items() if word.startswith(place)), word
            )
            for word in command.argv
        ]
        with (
            tempfile.TemporaryFile() as given,
            tempfile.TemporaryFile() as out,
            tempfile.TemporaryFile() as err,
        ):
            given.write(stdin)
            given.seek(0)
            done = subprocess.run(argv, stdin=given, stdout=out, stderr=err, cwd=tmp, timeout=20, check=False)
            streams = []
            for stream in (out, err):
                stream.seek(0)
                streams.append(stream.read())
        files = {
            name: (tmp / name).read_bytes()[:most]
            for name, most in command.collect.items()
            if (tmp / name).exists()
        }
        return ended(streams[0], stderr=streams[1], status=done.returncode, files=files)

    def close(self):
        shutil.rmtree(self._folder, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class DullBox(BareBox):
    """Starts nothing: whatever is asked, it ended well and said nothing."""

    def run(self, command, _stdin=b""):
        return ended(files={name: b"x" for name in command.collect if not name.startswith("feedback/")})


class Boxes:
    def __init__(self, kind):
        self._kind = kind

    def open(self, **_):
        return self._kind()


def enter(kind):
    """An arena over boxes of that kind, and afterwards nothing of what its attacks left."""
    before = descendants(os.getpid())
    with Arena(Boxes(kind)) as arena:
        yield arena
        mark = arena._secrets.mark
        for pid in descendants(os.getpid()).keys() - before.keys():
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
        for folder in ("/tmp", "/dev/shm", "/var/tmp", "/run", "/", "/etc", "/home", "/usr", "/dev", "."):
            for path in Path(folder).glob(f"{mark}*"):
                path.unlink()


@pytest.fixture
def bare_arena():
    yield from enter(BareBox)


@pytest.fixture
def dull_arena():
    yield from enter(DullBox)
