import subprocess
import sys

STOPPED_BEFORE_IT_BEGAN = """
from judgeline.manager import PatientManager

manager = PatientManager()
manager.add_process("first", "exec sleep 100")
manager.add_process("second", "exec sleep 100")
manager.terminate()
manager.loop()
assert manager.returncode == -15, manager.returncode
"""


def test_a_stop_that_comes_before_the_processes_have_begun_stops_them():
    done = subprocess.run(
        [sys.executable, "-c", STOPPED_BEFORE_IT_BEGAN],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("stopped (rc=-15)") == 2


def test_it_is_honcho_in_all_else():
    done = subprocess.run(
        [sys.executable, "-m", "judgeline.manager", "version"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0
    assert done.stdout.startswith("honcho")
