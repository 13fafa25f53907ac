import os
import select
import signal
import subprocess
import sys

import pytest

from judgeline.parent import VARIABLE, open_parent

pytestmark = pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="no pidfd on this platform")


def readable(descriptor: int, seconds: float) -> bool:
    return bool(select.select([descriptor], [], [], seconds)[0])


def test_without_a_manager_there_is_nothing_to_watch():
    assert open_parent({}) is None
    assert open_parent({VARIABLE: "x"}) is None


def test_the_descriptor_tells_when_the_manager_is_gone():
    manager = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    descriptor = open_parent({VARIABLE: str(manager.pid)})
    assert descriptor is not None
    try:
        assert not readable(descriptor, 0)
        manager.kill()
        assert readable(descriptor, 10)
    finally:
        manager.communicate()
        os.close(descriptor)


def test_a_manager_that_is_gone_already_reads_as_gone():
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    descriptor = open_parent({VARIABLE: str(gone.pid)})
    assert descriptor is not None
    assert readable(descriptor, 0)
    os.close(descriptor)


def test_a_process_stops_itself_when_its_manager_goes():
    manager = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    watcher = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import signal; from judgeline.parent import stop_with_parent as s; s(); signal.pause()",
        ],
        env=os.environ | {VARIABLE: str(manager.pid)},
    )
    manager.kill()
    manager.communicate()
    assert watcher.wait(20) == -signal.SIGTERM
