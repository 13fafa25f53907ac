"""kill -9 of every kind of process at random instants, while clients submit and watch.

honcho stops all when one of its own processes exits, so the Procfile's lines run here under a manager that
starts again what dies, as systemd or Kubernetes would.
"""

import contextlib
import os
import random
import signal
import subprocess
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import urllib3

SEED = 20_240_229
CLIENTS = 6
EACH = 10
SLOW_DOUBLE = "import time; n = int(input()); time.sleep(0.2); print(2 * n)"
LOSSY_S = 2.5
"""``appendfsync everysec`` may put off a write by two seconds: a result shown within that time before a kill
of the server may be gone with it, and then it is computed again."""


class Manager:
    """Runs the Procfile's lines, and starts each again when it has ended."""

    def __init__(self, house) -> None:
        self._house = house
        self._lines = dict(
            line.split(": ", 1) for line in (house.folder / "Procfile").read_text().splitlines()
        )
        self._environ = house.environ() | {
            "JUDGELINE_PARENT_PID": str(os.getpid()),
            "PATH": f"{house.bin}{os.pathsep}{os.environ['PATH']}",
        }
        self._log = (house.folder / "log").open("ab")
        self._stopping = threading.Event()
        self.running: dict[str, subprocess.Popen[bytes]] = {}
        for name in self._lines:
            self._start(name)
        self._thread = threading.Thread(target=self._respawn)
        self._thread.start()

    def _start(self, name: str) -> None:
        self.running[name] = subprocess.Popen(
            self._lines[name],
            shell=True,
            cwd=self._house.folder,
            env=self._environ,
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=self._log,
            start_new_session=True,
        )

    def _respawn(self) -> None:
        while not self._stopping.wait(0.05):
            for name, process in list(self.running.items()):
                if process.poll() is not None:
                    self._start(name)

    def stop(self) -> None:
        self._stopping.set()
        self._thread.join()
        for process in self.running.values():
            process.terminate()
        for process in self.running.values():
            process.wait(30)
        self._house.until(lambda: not self._house.processes(), "an empty house")
        self._log.close()


@pytest.fixture
def managed(make_system):
    house = make_system()
    house.change('handler = "judge"', 'handler = "judge"\nlease_s = 2\nmax_crashes = 100')
    house.change("crash_backoff_s = [1, 4, 16]", "crash_backoff_s = [0.1]")
    house.change("[mail]", "[store]\nsweep_s = 1\npending_grace_s = 1\n\n[mail]")
    assert house.judgeline("up", "--prepare-only").returncode == 0
    house.watch_rows()
    house.manager = Manager(house)
    yield house
    house.manager.stop()


def victims(house) -> dict[str, list[int]]:
    """What may be killed now: kind -> pids."""
    tops = {name: [process.pid] for name, process in house.manager.running.items()}
    kinds = {
        "api master": tops["api"],
        "api worker": house.children("gunicorn"),
        "recorder": tops["recorder"],
        "supervisor": tops["submissions"],
        "judge child": house.children("workers submissions"),
        "embedded": tops["redis"],
    }
    with contextlib.suppress(Exception):
        kinds["server"] = [house.server()]
    return kinds


class Watcher:
    """A client: submits, repeats what got no answer under the same key, and never stops looking."""

    def __init__(self, house, number: int, key: str, stop: threading.Event) -> None:
        self._house = house
        self._number = number
        self._key = key
        self._stop = stop
        self.paths: dict[str, int] = {}
        self.seen: dict[str, list[tuple[float, dict]]] = {}

    def work(self) -> None:
        for turn in range(EACH):
            given = self._number * EACH + turn
            self.paths[self._submit(given)] = given
            until = time.monotonic() + 0.7
            while time.monotonic() < until:
                self._look()
        while not self._stop.is_set():
            self._look()
        self._look()

    def _submit(self, given: int) -> str:
        body = {"language": "python3", "source": SLOW_DOUBLE, "stdin": f"{given}"}
        while True:
            with contextlib.suppress(urllib3.exceptions.HTTPError):
                answer = self._house.call(
                    "POST", "/v1/runs", body, self._key, **{"Idempotency-Key": f"{given}"}
                )
                if answer.status == 202:
                    return answer.json["links"]["self"]
                assert answer.status == 503, answer.text
            time.sleep(0.1)

    def _look(self) -> None:
        for path in self.paths:
            with contextlib.suppress(urllib3.exceptions.HTTPError):
                answer = self._house.call("GET", path, key=self._key)
                assert answer.status in {200, 503}, answer.text
                if answer.status == 200:
                    self._note(path, answer.json)
        time.sleep(0.05)

    def _note(self, path: str, answer: dict) -> None:
        """Keep what differs from what was seen last, once it had ended."""
        seen = self.seen.setdefault(path, [])
        if (seen or answer["status"] in self._house.ended_states) and (not seen or seen[-1][1] != answer):
            seen.append((time.monotonic(), answer))


def test_nothing_is_lost_and_no_shown_verdict_changes(managed):
    choose = random.Random(SEED)
    owner = managed.key("ada")
    managed.until(managed.answers, "the API")
    stop = threading.Event()
    watchers = [Watcher(managed, number, owner, stop) for number in range(CLIENTS)]
    with ThreadPoolExecutor(CLIENTS) as pool:
        clients = [pool.submit(watcher.work) for watcher in watchers]
        try:
            kills = kill_for_a_while(managed, choose, clients)
            managed.until(lambda: all(map(client_is_done, clients, watchers)), "every end")
            everything = {path for watcher in watchers for path in watcher.paths}
            managed.until(lambda: recorded(managed) >= everything, "the recording")
        finally:
            stop.set()
    for client in clients:
        client.result()
    assert len(everything) == CLIENTS * EACH
    assert {kind for _, kind in kills} >= {
        "api master",
        "api worker",
        "recorder",
        "supervisor",
        "judge child",
    }
    servers = [when for when, kind in kills if kind in {"server", "embedded"}]
    for watcher in watchers:
        for path, given in watcher.paths.items():
            check(watcher.seen[path], given, servers)
    changes = managed.changes()
    assert len(changes) == len(set(changes)) == CLIENTS * EACH


def kill_for_a_while(house, choose, clients):
    """Kill each kind of process twice, in a random order at random instants; (when, kind) of each."""
    kinds = ["api master", "api worker", "recorder", "supervisor", "judge child", "embedded", "server"] * 2
    choose.shuffle(kinds)
    kills = []
    for kind in kinds:
        time.sleep(choose.uniform(0.1, 0.9))  # the instant is what is random here
        pids = house.until(lambda kind=kind: victims(house).get(kind), kind)
        with contextlib.suppress(ProcessLookupError):
            os.kill(choose.choice(pids), signal.SIGKILL)
            kills.append((time.monotonic(), kind))
        assert not any(client.done() for client in clients)  # they only end of a fault
    return kills


def client_is_done(client, watcher) -> bool:
    """Whether all of its submissions have been seen to end."""
    assert not client.done(), client.exception()
    return len(watcher.paths) == EACH and len(watcher.seen) == EACH


def check(seen, given, servers):
    """The first end that was shown is the last, unless the server was killed with it half written."""
    first_at, first = seen[0]
    assert (first["status"], first["verdict"], first["stdout"]) == ("done", "accepted", f"{2 * given}\n")
    if any(first_at - 1 < killed < first_at + LOSSY_S for killed in servers):
        ends = [answer for _, answer in seen if answer["status"] == "done"]
        assert {(end["verdict"], end["stdout"]) for end in ends} == {("accepted", f"{2 * given}\n")}
    else:
        assert len(seen) == 1, seen


def recorded(house) -> set[str]:
    return {f"/v1/runs/{changed}" for changed in house.changes()}
