"""The whole system, started as a person starts it: ``judgeline up`` beside a queues.toml and a Procfile."""

import contextlib
import json
import os
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import urllib3
from redis import Redis

from judgeline.client import Client, ServerEvent
from judgeline.judging.errors import SandboxError
from judgeline.judging.sandbox import open_sandbox
from judgeline.queues.connect import command_client
from judgeline.store import keys
from judgeline.store.database import open_store
from judgeline.store.keys import Plan, Scope

ROOT = Path(__file__).parents[3]
BIN = Path(sys.executable).parent
PATIENCE_S = 60.0
ENDED = {"done", "dead", "cancelled"}


def until(condition: Callable[[], object], what: str = "the condition", seconds: float = PATIENCE_S):
    """Wait until the condition holds, and give what it gave."""
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < deadline, f"{what} never came true"
        time.sleep(0.05)
    return value


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


class Answer:
    """What the API said."""

    def __init__(self, response: urllib3.BaseHTTPResponse) -> None:
        self.status = response.status
        self.headers = response.headers
        self.text = response.data.decode()
        self.json = json.loads(self.text) if "json" in self.headers.get("Content-Type", "") else None


class System:
    """One folder, and what runs on it."""

    def __init__(self, folder: Path, **environ: str) -> None:
        self.folder = folder
        self.home = folder / "home"
        self.config = folder / "queues.toml"
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.output: list[str] = []
        self.process: subprocess.Popen[str] | None = None
        self._environ = environ
        self._http = urllib3.PoolManager(maxsize=32, retries=False)
        for name in ("queues.toml", "Procfile"):
            shutil.copy(ROOT / name, folder / name)
        (folder / "problems").symlink_to(ROOT / "problems")

    until = staticmethod(until)
    bin = BIN
    ended_states = ENDED

    # Starting and stopping

    def environ(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if name in ("PATH", "LANG", "HOME", "CI")}
        ours = {
            "JUDGELINE_HOME": str(self.home),
            "JUDGELINE_CONFIG": str(self.config),
            "API_PORT": str(self.port),
            "JUDGELINE_URL": self.url,
        }
        return kept | ours | self._environ

    def change(self, line: str, to: str) -> None:
        """Change queues.toml; the line must be there."""
        text = self.config.read_text()
        assert line in text
        self.config.write_text(text.replace(line, to, 1))

    def judgeline(self, *arguments: str, **options) -> subprocess.CompletedProcess[str]:
        """Run a verb of the command line beside the system."""
        options = {"env": self.environ(), "cwd": self.folder} | options
        return subprocess.run(
            [str(BIN / "judgeline"), *arguments],
            **options,
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            check=False,
        )

    def start(self, *arguments: str, command: tuple[str, ...] = (), **environ: str) -> "System":
        """Start it by ``judgeline up`` with the arguments, or by another command."""
        self.output.clear()
        self.process = subprocess.Popen(
            [*(command or (str(BIN / "judgeline"), "up")), *arguments],
            env=self.environ() | environ,
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self.reader = threading.Thread(target=self._read, args=(self.process,))
        self.reader.start()
        return self

    def ready(self) -> "System":
        until(lambda: "Judgeline is ready" in self.said() or self.process.poll() is not None, "ready")
        assert self.process.poll() is None, self.said()
        return self

    def _read(self, process) -> None:
        for line in process.stdout:
            self.output.append(re.sub(r"\x1b\[[0-9;]*m", "", line))

    def said(self) -> str:
        return "".join(self.output)

    def processes(self) -> dict[int, str]:
        """Every living process that carries this system's home in its environment: pid -> command line.

        The bundled server overwrites its environment with its title, which names the home.
        """
        mark = f"JUDGELINE_HOME={self.home}".encode()
        found = {}
        for entry in Path("/proc").iterdir():
            if not entry.name.isdigit() or int(entry.name) == os.getpid():
                continue
            with contextlib.suppress(OSError):
                command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
                marked = mark in (entry / "environ").read_bytes().split(b"\0")
                if marked or f"unixsocket:{self.home}" in command:
                    found[int(entry.name)] = command
        return found

    def children(self, words: str) -> list[int]:
        """The processes with these words in their command line whose parent has them as well."""
        found = {pid: command for pid, command in self.processes().items() if words in command}
        return [pid for pid in found if parent_of(pid) in found]

    def stop(self, sign: int = signal.SIGINT) -> None:
        """Send the manager a signal and wait until nothing of the system is left."""
        self._http.clear()  # the API would wait for idle connections
        if self.process is not None:
            if self.process.poll() is None:
                self.process.send_signal(sign)
            self.process.wait(30)
            until(lambda: not self.processes(), "an empty house", 30)
            self.reader.join(10)
            self.process.stdout.close()
            self.process = None

    # Talking to it

    def call(
        self,
        method: str,
        path: str,
        body: object = None,
        key: str = "",
        seconds: float = PATIENCE_S,
        **headers: str,
    ) -> Answer:
        """One request, which must be answered within the seconds given."""
        sent = headers | ({"Authorization": f"Bearer {key}"} if key else {})
        return Answer(self._http.request(method, self.url + path, json=body, headers=sent, timeout=seconds))

    def send(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> Answer:
        """One request, as raw as it comes."""
        return Answer(
            self._http.request(method, self.url + path, body=body, headers=headers, timeout=PATIENCE_S)
        )

    def post(self, path: str, body: object, key: str = "", **headers: str) -> str:
        """POST what must be accepted; give its own path."""
        answer = self.call("POST", path, body, key, **headers)
        assert answer.status == 202, answer.text
        return answer.json["links"]["self"]

    def submission(self, problem: str, file: str) -> str:
        """A source that came with a problem."""
        return (ROOT / "problems" / problem / "submissions" / file).read_text()

    def submit(self, source: str, language: str = "python3", problem: str = "aplusb", key: str = "") -> str:
        """Submit a source; give its own path."""
        return self.post("/v1/submissions", {"problem": problem, "language": language, "source": source}, key)

    def run(self, source: str, language: str = "python3", stdin: str = "", key: str = "") -> str:
        """Post a run; give its own path."""
        return self.post("/v1/runs", {"language": language, "source": source, "stdin": stdin}, key)

    def get(self, path: str, key: str = "") -> dict:
        answer = self.call("GET", path, key=key)
        assert answer.status == 200, answer.text
        return answer.json

    def ended(self, path: str, key: str = "") -> dict:
        """Wait until it has ended, by ``?wait=``."""
        return until(lambda: (seen := self.get(f"{path}?wait=20", key))["status"] in ENDED and seen, path)

    def events(self, path: str, key: str = "") -> list[ServerEvent]:
        """Follow its events to the end."""
        with contextlib.closing(Client(self.url, key)) as client:
            return list(client.events(f"{path}/events"))

    def key(self, owner: str, plan: str = "free", *scopes: str) -> str:
        """Make an API key, which may submit unless told otherwise."""
        store = open_store(self.environ().get("DATABASE_URL") or f"sqlite:///{self.home / 'judgeline.db'}")
        with contextlib.closing(store), store.writer() as connection:
            given = [Scope(scope) for scope in scopes or ("submit",)]
            return keys.create(connection, owner, Plan(plan), given)[1]

    def answers(self) -> bool:
        """Whether the API serves."""
        with contextlib.suppress(urllib3.exceptions.HTTPError):
            return self.call("GET", "/healthz").status == 200
        return False

    @property
    def operator(self) -> str:
        return (self.home / "operator.key").read_text().strip()

    def queue(self, name: str, verb: str) -> None:
        """Pause or resume a queue."""
        assert self.call("POST", f"/v1/queues/{name}/{verb}", key=self.operator).status == 200

    def idle(self) -> bool:
        """Whether no submission waits or runs."""
        submissions = self.get("/v1/queues")["queues"][0]
        return not submissions["running"] and not any(
            each["queued"] for each in submissions["priorities"].values()
        )

    def unready(self) -> dict[str, str]:
        """What /readyz finds wrong: part -> why."""
        parts = self.call("GET", "/readyz").json["parts"]
        return {name: part["why"] for name, part in parts.items() if not part["ok"]}

    def server(self) -> int:
        """The bundled server's pid."""
        with contextlib.closing(self.redis()) as client:
            return client.info("server")["process_id"]

    def redis(self) -> Redis:
        """A connection to the bundled server."""
        return command_client((self.home / "redis.url").read_text().strip())

    def watch_rows(self) -> None:
        """From now on note every change of a row's state."""
        with contextlib.closing(sqlite3.connect(self.home / "judgeline.db")) as connection, connection:
            connection.execute("CREATE TABLE IF NOT EXISTS changes (id TEXT, state TEXT)")
            connection.execute(
                "CREATE TRIGGER IF NOT EXISTS note AFTER UPDATE OF state ON jobs"
                " BEGIN INSERT INTO changes VALUES (new.id, new.state); END"
            )

    def changes(self) -> list[str]:
        """The ids whose rows changed their state, once a change."""
        with contextlib.closing(sqlite3.connect(self.home / "judgeline.db")) as connection:
            return [row[0] for row in connection.execute("SELECT id FROM changes")]


def parent_of(pid: int) -> int:
    with contextlib.suppress(OSError):
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    return 0


@pytest.fixture(scope="session")
def helper_cache(tmp_path_factory):
    """The folder with the sandbox's helper, built once; no system here can judge without."""
    folder = tmp_path_factory.mktemp("sandbox")
    try:
        open_sandbox(folder)
    except SandboxError as error:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip(str(error))
    return folder


@contextlib.contextmanager
def opened(helper_cache: Path, **environ: str) -> Iterator[System]:
    """A system in a folder of its own, with a short name: a socket's path may not pass 107 bytes."""
    with tempfile.TemporaryDirectory(prefix="jl-") as folder:
        system = System(Path(folder), **environ)
        system.home.mkdir(mode=0o700)
        (system.home / "sandbox").symlink_to(helper_cache)
        try:
            yield system
        finally:
            system.stop()
            print(system.said())  # noqa: T201 - for the report of a failed test


@pytest.fixture
def system(helper_cache):
    """A system to start."""
    with opened(helper_cache) as system:
        yield system


@pytest.fixture(scope="session")
def house(helper_cache, post_office):
    """A running system that many tests share, each with users of its own; it sends to the post office."""
    with opened(helper_cache, SMTP_URL=f"smtp://127.0.0.1:{post_office.port}") as system:
        yield system.start().ready()


@pytest.fixture
def paused(house):
    """The shared system with nothing at work and its judging paused."""
    house.until(house.idle, "an idle house")
    house.queue("submissions", "pause")
    yield house
    house.queue("submissions", "resume")


@pytest.fixture
def make_system(helper_cache):
    """A function that makes a system with an environment of its own."""
    with contextlib.ExitStack() as stack:
        yield lambda **environ: stack.enter_context(opened(helper_cache, **environ))
