"""``judgeline up``: one command starts everything, and everything goes when it goes."""

import contextlib
import os
import signal
import socket
import time
from pathlib import Path

import pytest

SUM = "print(sum(map(int, input().split())))"


def test_a_second_start_finds_the_data_of_the_first(system):
    (
        system.home / "sandbox"
    ).unlink()  # as on a fresh machine, where the sandbox's helper is still to be built
    system.start().ready()
    assert "operator key" in system.said()
    first = system.ended(system.submit(SUM))
    assert first["verdict"] == "accepted"
    system.queue("submissions", "pause")
    waiting = system.submit(SUM)
    key = system.operator
    system.stop(signal.SIGINT)
    system.start().ready()
    assert system.get(first["links"]["self"]) == first
    assert system.operator == key
    assert system.get(waiting)["status"] == "queued"
    system.queue("submissions", "resume")
    assert system.ended(waiting)["verdict"] == "accepted"


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_whatever_ends_the_manager_leaves_no_process_and_no_port(system, sign):
    system.start().ready()
    assert len(system.processes()) > 5
    system.stop(sign)
    with socket.create_server(("127.0.0.1", system.port)):
        pass


def test_a_hang_up_without_a_terminal_reloads_every_part_and_stops_none(system):
    system.start().ready()
    before = system.processes()
    system.process.send_signal(signal.SIGHUP)
    system.until(lambda: system.said().count("reloaded queues.toml") == 3, "two queues and the recorder")
    system.until(lambda: "Hang up" in system.said(), "the API")
    system.ready()
    assert system.process.poll() is None
    assert set(before) & set(system.processes()), "the processes of the Procfile are the same"
    assert system.ended(system.submit(SUM))["verdict"] == "accepted"


def test_a_hang_up_while_it_prepares_is_kept_and_stops_no_part(system):
    """One: gunicorn takes seconds for each."""
    system.start()
    system.until(lambda: "preparing" in system.said(), "its first word")
    system.process.send_signal(signal.SIGHUP)
    system.ready()
    system.until(lambda: system.said().count("reloaded queues.toml") == 3, "two queues and the recorder")
    system.until(lambda: "Hang up" in system.said(), "the API")
    assert "stopped (rc=" not in system.said()
    assert system.ended(system.submit(SUM))["verdict"] == "accepted"


@pytest.mark.parametrize("wait_s", [0.0, 0.02, 0.1, 0.5])
def test_ctrl_c_while_it_starts_leaves_nothing(system, wait_s):
    """To everybody in the foreground, as a terminal sends it, from when the first process has been forked."""
    system.start()
    pid = system.process.pid
    while not (
        b"judgeline.manager" in read(f"/proc/{pid}/cmdline") and read(f"/proc/{pid}/task/{pid}/children")
    ):
        assert system.process.poll() is None, system.said()
    time.sleep(wait_s)  # the instant is what is tested
    os.killpg(pid, signal.SIGINT)
    assert system.process.wait(30) == 130
    system.stop()
    assert "Traceback" not in system.said()


def read(path) -> bytes:
    return Path(path).read_bytes()


def test_a_taken_port_is_one_clear_line(system):
    with socket.create_server(("127.0.0.1", system.port)):
        system.start().process.wait(30)
    system.reader.join(10)
    assert f"judgeline: cannot listen on 127.0.0.1:{system.port}" in system.said()
    assert "API_PORT" in system.said()
    assert len(system.output) == 1


def test_a_home_in_use_is_one_clear_line(system):
    system.start().ready()
    second = system.judgeline("up")
    assert second.returncode != 0
    assert second.stderr.startswith("judgeline: a system is already running on")
    assert second.stderr.count("\n") == 1


def test_a_typo_in_queues_toml_is_one_clear_line(system):
    path = system.folder / "queues.toml"
    path.write_text(path.read_text().replace("anonymous =", "anonymus ="))
    result = system.judgeline("up")
    assert result.returncode == 2
    assert "queues.toml:" in result.stderr.splitlines()[-1]
    assert "did you mean 'anonymous'" in result.stderr


def test_more_processes_by_count(system):
    system.start("-c", "emails=2").ready()
    workers = [command for command in system.processes().values() if "workers emails" in command]
    assert len(workers) >= 4  # two supervisors, a child each


def test_honcho_alone_after_the_preparation(system):
    prepared = system.judgeline("up", "--prepare-only")
    assert (prepared.returncode, prepared.stdout) == (0, "")
    assert prepared.stderr.count("\n") == 1
    honcho = (str(system.bin / "honcho"), "start", "-c", "submissions=3")
    system.start(command=honcho, PATH=f"{system.bin}{os.pathsep}{os.environ['PATH']}")
    system.until(lambda: system.answers() and system.unready() == {}, "readiness")
    system.until(lambda: len(system.children("workers submissions")) == 3 * (os.cpu_count() or 1))
    assert system.ended(system.submit(SUM))["verdict"] == "accepted"
    system.stop(signal.SIGINT)
    with socket.create_server(("127.0.0.1", system.port)):
        pass


def test_a_killed_child_of_the_system_is_made_up_for(system):
    system.start().ready()
    path = system.submit("while True: pass")
    system.until(lambda: system.get(path)["status"] == "running")
    for pid in system.children("workers submissions"):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    result = system.ended(path)
    assert result["verdict"] == "time_limit_exceeded"
    assert result["attempt"] >= 2
