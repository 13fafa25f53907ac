"""The front as it runs: gunicorn on a free port, with a server of its own that tests may kill."""

import contextlib
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from redis import Redis
from redis.exceptions import RedisError

from judgeline.config import load_config
from judgeline.embedded.binary import bundled_server
from judgeline.embedded.errors import EmbeddedError
from judgeline.parent import die_with_parent
from judgeline.queues.open import open_consumer
from judgeline.store import keys
from judgeline.store.database import open_store
from judgeline.store.keys import Scope
from judgeline.store.migrate import migrate

ROOT = Path(__file__).parents[3]
PATIENCE_S = 30.0
SUBMISSION = {"problem": "aplusb", "language": "python3", "source": "print(1)"}

CONFIG = """
[queues.submissions]
handler = "judge"
max_queued_per_user = {max_queued}

[queues.emails]
handler = "email"

[api]
workers = {workers}
threads = {threads}
anonymous_per_minute = 100_000

[judge]
problems = "{problems}"
"""


def until(condition: Callable[[], object], what: str = "it"):
    """Wait until the condition holds, and give what it gave."""
    deadline = time.monotonic() + PATIENCE_S
    while not (found := condition()):
        assert time.monotonic() < deadline, f"{what} never came true"
        time.sleep(0.02)
    return found


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


class Server:
    """A bundled server on a socket in a folder, to be killed, stopped and started again."""

    def __init__(self, binary: str, folder: Path) -> None:
        self.path = folder / "s"
        self.url = f"unix://{self.path}"
        self._command = [
            *(binary, "--port", "0", "--unixsocket", str(self.path), "--dir", str(folder)),
            *(
                "--save",
                "",
                "--appendonly",
                "yes",
                "--appendfsync",
                "always",
                "--logfile",
                str(folder / "log"),
            ),
        ]
        self.start()

    def start(self) -> None:
        self.path.unlink(missing_ok=True)
        self._process = subprocess.Popen(
            self._command,
            stdin=subprocess.DEVNULL,
            preexec_fn=die_with_parent,  # noqa: PLW1509 - it ends with us, however we end
        )
        with Redis.from_url(self.url) as client:
            until(lambda: answers(client), "the server")

    def signal(self, sign: signal.Signals) -> None:
        self._process.send_signal(sign)

    @property
    def pid(self) -> int:
        return self._process.pid

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()


def answers(client: Redis) -> bool:
    with contextlib.suppress(RedisError, OSError):
        return bool(client.ping())
    return False


class Answer:
    """What came back."""

    def __init__(self, response: http.client.HTTPResponse) -> None:
        self.status = response.status
        self.headers = response.headers
        body = response.read()
        self.json = json.loads(body) if body and "json" in (self.headers["Content-Type"] or "") else None
        self.text = body.decode()


class Front:
    """gunicorn, its server and its store."""

    def __init__(self, folder: Path, server: Server, **options: int) -> None:
        self.server = server
        self.folder = folder
        self.port = free_port()
        self.store_url = f"sqlite:///{folder / 'judgeline.db'}"
        config = {"workers": 1, "threads": 12, "max_queued": 1000} | options
        (folder / "queues.toml").write_text(CONFIG.format(problems=ROOT / "problems", **config))
        migrate(self.store_url)
        self.store = open_store(self.store_url)
        self.options = load_config(folder / "queues.toml").queues["submissions"]
        self.start()

    def start(self, **environ: str) -> None:
        kept = {name: value for name, value in os.environ.items() if name in ("PATH", "LANG", "HOME")}
        ours = {
            "JUDGELINE_HOME": str(self.folder),
            "JUDGELINE_CONFIG": str(self.folder / "queues.toml"),
            "JUDGELINE_PARENT_PID": str(os.getpid()),  # so that it ends with us, however we end
            "REDIS_URL": self.server.url,
            "API_PORT": str(self.port),
        }
        with (self.folder / "api.log").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "gunicorn", "--config", "python:api.gunicorn_conf", "api.wsgi:app"],
                cwd=ROOT,
                env=kept | ours | environ,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        until(self.serves, "the front")

    def serves(self) -> bool:
        assert self.process.poll() is None, (self.folder / "api.log").read_text()
        with contextlib.suppress(OSError):
            return self.call("GET", "/healthz").status == 200
        return False

    def call(self, method: str, path: str, body: object = None, **headers: str) -> Answer:
        """One request on a connection of its own."""
        with contextlib.closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)) as connection:
            data = None if body is None else json.dumps(body)
            sent = {"Content-Type": "application/json"} if data is not None else {}
            connection.request(method, path, data, sent | headers)
            return Answer(connection.getresponse())

    def submit(self, **changes: str) -> str:
        answer = self.call("POST", "/v1/submissions", SUBMISSION | changes)
        assert answer.status == 202, answer.text
        return answer.json["id"]

    def open(self, path: str) -> socket.socket:
        """Send a GET and leave its answer unread."""
        connection = socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE_S)
        connection.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        return connection

    def consumer(self):
        return open_consumer("submissions", self.options, self.server.url)

    def key(self, *scopes: str) -> dict[str, str]:
        with self.store.writer() as connection:
            _, token = keys.create(connection, "alice", keys.Plan.FREE, [Scope(scope) for scope in scopes])
        return {"Authorization": f"Bearer {token}"}

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.terminate()
        try:
            self.process.wait(PATIENCE_S)
        finally:
            self.process.kill()
            self.process.wait()

    def close(self) -> None:
        self.stop()
        self.store.close()


@pytest.fixture(scope="session")
def server_binary():
    try:
        return str(bundled_server())
    except EmbeddedError as error:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip(str(error))


@pytest.fixture
def folder():
    """A folder with a short name, for a socket's path may not pass 107 bytes."""
    with tempfile.TemporaryDirectory(prefix="jl-") as path:
        yield Path(path)


@pytest.fixture
def start_front(folder, server_binary):
    """Give a function that starts a front with the options given."""
    with contextlib.ExitStack() as stack:

        def start(**options: int) -> Front:
            server = Server(server_binary, folder)
            stack.callback(server.kill)
            front = Front(folder, server, **options)
            stack.callback(front.close)
            return front

        yield start


@pytest.fixture
def wait_until() -> Callable[..., None]:
    """Give ``until``: a conftest cannot be imported by name."""
    return until


@pytest.fixture
def front(start_front):
    return start_front()
