"""``judgeline chaos`` as people run it, and what it leaves behind."""

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from judgeline.embedded.binary import find_server
from judgeline.embedded.errors import EmbeddedError

ROOT = Path(__file__).parents[2]
COMMAND = (sys.executable, "-c", "from judgeline.cli import main; main()", "chaos")


class Chaos:
    """Starts runs whose temporary folders are all below ``folder``."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.started: list[subprocess.Popen[bytes]] = []

    def start(self, *arguments: str) -> "subprocess.Popen[bytes]":
        process = subprocess.Popen(
            [*COMMAND, *arguments],
            cwd=ROOT,
            env={**os.environ, "TMPDIR": str(self.folder)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        self.started.append(process)
        return process

    def run(self, *arguments: str) -> tuple[int, dict, str]:
        """Run it to its end; exit status, report, and what it said."""
        process = self.start("--json", *arguments)
        output, said = process.communicate(timeout=300)
        report = msgspec.json.decode(output) if output else {}
        return process.returncode, report, output.decode() + said.decode()

    def members(self) -> list[int]:
        """The processes of runs: they are told of the folder, or began with a word of it."""
        found = []
        for entry in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                told = (entry / "environ").read_bytes() + (entry / "cmdline").read_bytes()
                if os.fsencode(self.folder) in told and int(entry.name) != os.getpid():
                    found.append(int(entry.name))
        return found

    def stop(self) -> None:
        for process in self.started:
            if process.poll() is None:
                process.send_signal(signal.SIGKILL)
            process.communicate()


@pytest.fixture(scope="session")
def able():
    """What a run needs; a host that lacks it skips at home and fails in CI."""
    reason = "" if Path("/proc/self/environ").exists() else "there is no /proc"
    with contextlib.suppress(EmbeddedError):
        find_server()
        if not reason:
            return
    if os.environ.get("CI") == "true":
        pytest.fail(reason or "there is no Redis server for this platform")
    pytest.skip(reason or "there is no Redis server for this platform")


@pytest.fixture
def chaos(able, tmp_path: Path) -> Iterator[Chaos]:
    runs = Chaos(tmp_path)
    yield runs
    runs.stop()
