import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from workers.recorder.stopping import Stop

DESCRIPTORS = Path("/proc/self/fd")


def test_a_wait_ends_by_its_time_or_by_a_request_from_another_thread():
    stop = Stop()
    assert stop.wait(0.01) is False
    threading.Timer(0.05, stop.request).start()
    began = time.monotonic()
    assert stop.wait(30) is True
    assert time.monotonic() - began < 30
    assert stop.wait(30) is True
    stop.request()
    stop.close()


def started(body, hurry_s=0.1):
    program = f"""
import sys, time
from workers.recorder import stopping
from workers.recorder.stopping import Stop, Stopping
stopping.HURRY_S = {hurry_s}
stop = Stop()
stop.listen()
print("ready", flush=True)
{body}
"""
    process = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "ready\n"
    return process


def test_sigterm_ends_a_wait():
    process = started("told = stop.wait(60); stop.close(); sys.exit(0 if told else 1)", hurry_s=60)
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=30)
    assert process.returncode == 0


def test_what_does_not_heed_a_stop_is_broken_off():
    process = started("""
try:
    time.sleep(60)
except Stopping:
    stop.close()
    sys.exit(7)
""")
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=30)
    assert process.returncode == 7


@pytest.mark.skipif(not DESCRIPTORS.is_dir(), reason="no /proc on this platform")
def test_close_gives_the_descriptors_back():
    before = len(list(DESCRIPTORS.iterdir()))
    Stop().close()
    assert len(list(DESCRIPTORS.iterdir())) == before
