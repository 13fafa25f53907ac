"""``judgeline up``: one command starts everything, and everything goes when it goes."""

import os
import signal
import socket
import time
from pathlib import Path

import pytest

from judgeline.client import Client

SUM = "print(sum(map(int, input().split())))"


def submit(system, source=SUM) -> dict:
    client = Client(system.url)
    try:
        accepted = client.submit(problem="aplusb", language="python3", source=source)
        return client.get(accepted["links"]["self"] + "?wait=30")
    finally:
        client.close()


def test_a_second_start_finds_the_data_of_the_first(system):
    system.start().ready()
    assert "operator key" in system.said()
    first = submit(system)
    system.stop(signal.SIGINT)
    system.start().ready()
    client = Client(system.url)
    again = client.get(f"v1/submissions/{first['id']}")
    client.close()
    assert again == first
    assert again["status"] in {"done", "dead"}


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL])
def test_whatever_ends_the_manager_leaves_no_process_and_no_port(system, sign):
    system.start().ready()
    assert len(system.processes()) > 5
    system.stop(sign)
    with socket.create_server(("127.0.0.1", system.port)):
        pass


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


def test_a_killed_child_of_the_system_is_made_up_for(system):
    system.start().ready()
    client = Client(system.url)
    accepted = client.submit(problem="aplusb", language="python3", source="while True: pass")
    deadline = time.monotonic() + 30
    while client.get(accepted["links"]["self"])["status"] != "running":
        assert time.monotonic() < deadline
    for pid in system.processes():
        kill_if_child_of_the_submissions_supervisor(pid, system)
    result = client.get(accepted["links"]["self"] + "?wait=30")
    client.close()
    assert result["verdict"] == "time_limit_exceeded"
    assert result["attempt"] >= 2


def kill_if_child_of_the_submissions_supervisor(pid, system) -> None:
    try:
        parent = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
        ours = "workers submissions" in system.processes().get(pid, "")
        if ours and "workers submissions" in system.processes().get(parent, ""):
            os.kill(pid, signal.SIGKILL)
    except OSError:
        pass
