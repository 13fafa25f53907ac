"""The bundled server as a process: started as the Procfile starts it."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from redis import Redis
from redis.exceptions import RedisError

from judgeline.queues.connect import check_server


def until(condition, seconds=15):
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < deadline, "the condition never came true"
        time.sleep(0.02)
    return value


def ping(home: Path) -> bool:
    try:
        with Redis(unix_socket_path=str(home / "redis.sock")) as client:
            return bool(client.ping())
    except RedisError:
        return False


def servers_of(home: Path) -> list[int]:
    found = []
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and str(home / "redis").encode() in (entry / "cmdline").read_bytes():
                found.append(int(entry.name))
        except OSError:
            continue
    return found


@pytest.fixture
def start(tmp_path):
    started = []

    def start(**environ):
        process = subprocess.Popen(
            [sys.executable, "-m", "judgeline.embedded"],
            env=os.environ | {"JUDGELINE_HOME": str(tmp_path), "REDIS_URL": ""} | environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.terminate()
        process.communicate(timeout=15)
    until(lambda: not servers_of(tmp_path))


def test_a_server_that_is_killed_as_it_starts_is_started_again(start, tmp_path):
    start()
    for _ in range(3):
        (killed,) = until(lambda: servers_of(tmp_path))
        os.kill(killed, signal.SIGKILL)
        until(lambda killed=killed: killed not in servers_of(tmp_path))
    until(lambda: ping(tmp_path))


def test_data_outlives_a_killed_server_and_a_restart(start, tmp_path):
    process = start()
    until(lambda: ping(tmp_path))
    with Redis(unix_socket_path=str(tmp_path / "redis.sock")) as client:
        client.set("kept", "yes")
    (killed,) = servers_of(tmp_path)
    os.kill(killed, signal.SIGKILL)
    until(lambda: ping(tmp_path) and killed not in servers_of(tmp_path))
    process.terminate()
    assert process.wait(15) == 0
    start()
    until(lambda: ping(tmp_path))
    with Redis(unix_socket_path=str(tmp_path / "redis.sock")) as client:
        assert client.get("kept") == b"yes"
        assert client.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}


def test_the_server_goes_with_its_killed_keeper(start, tmp_path):
    process = start()
    until(lambda: ping(tmp_path))
    process.kill()
    process.communicate()
    until(lambda: not servers_of(tmp_path))


def test_the_server_outlives_its_clients_at_the_end(start, tmp_path):
    process = start()
    until(lambda: ping(tmp_path))
    with Redis(unix_socket_path=str(tmp_path / "redis.sock")) as last:
        last.ping()
        process.terminate()
        for _ in range(10):
            last.set("said at the end", "yes")
        assert process.poll() is None
    assert process.wait(15) == 0


def test_it_stops_when_the_manager_is_gone(start, tmp_path):
    manager = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    process = start(JUDGELINE_PARENT_PID=str(manager.pid))
    until(lambda: ping(tmp_path))
    manager.kill()
    manager.communicate()
    assert process.wait(15) == 0


def test_a_second_server_on_the_same_folder_is_refused_in_one_line(start, tmp_path):
    start()
    until(lambda: ping(tmp_path))
    second = start()
    output, _ = second.communicate(timeout=15)
    assert second.returncode == 1
    assert output.decode().startswith("judgeline: another server runs on")
    assert output.count(b"\n") == 1


def test_a_server_that_evicts_is_refused(start, tmp_path):
    start()
    until(lambda: ping(tmp_path))
    with Redis(unix_socket_path=str(tmp_path / "redis.sock")) as client:
        client.config_set("maxmemory-policy", "allkeys-lru")
    external = start(REDIS_URL=f"unix://{tmp_path}/redis.sock")
    output, _ = external.communicate(timeout=15)
    assert external.returncode == 1
    assert b"set maxmemory-policy noeviction" in output


def test_with_a_server_of_somebody_else_it_checks_and_stays(start, tmp_path):
    start()
    until(lambda: ping(tmp_path))
    external = start(REDIS_URL=f"unix://{tmp_path}/redis.sock")
    assert external.stdout is not None
    assert b"using the server at REDIS_URL" in external.stdout.readline()
    assert external.poll() is None


FSYNC = """
[queues.submissions]
handler = "judge"
durability = "fsync"
[queues.emails]
handler = "email"
"""


def test_a_queue_that_asks_for_fsync_gets_a_server_that_syncs(start, tmp_path):
    config = tmp_path / "queues.toml"
    config.write_text(FSYNC)
    start(JUDGELINE_CONFIG=str(config))
    until(lambda: ping(tmp_path))
    with Redis(unix_socket_path=str(tmp_path / "redis.sock")) as client:
        assert client.config_get("appendfsync") == {"appendfsync": "always"}
        check_server(client, fsync=True)


def test_a_server_of_somebody_elses_that_does_not_sync_is_refused(start, tmp_path, redis_url):
    config = tmp_path / "queues.toml"
    config.write_text(FSYNC)
    process = start(JUDGELINE_CONFIG=str(config), REDIS_URL=redis_url)
    said, _ = process.communicate(timeout=15)
    assert process.returncode == 1
    assert b"set appendonly yes and appendfsync always on it" in said
