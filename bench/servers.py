"""What the measurements start: a server, workers, an HTTP front. All of it ends with us."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TypeVar

from redis import Redis
from redis.exceptions import RedisError

from bench.harness import ROOT
from bench.processes import family
from judgeline.config import Settings, load_config
from judgeline.embedded.binary import bundled_server, server_environment
from judgeline.queues.connect import command_client
from judgeline.queues.engine import Engine
from judgeline.queues.lists import ListsEngine
from judgeline.up import OPERATOR_KEY_FILE, prepare

PATIENCE_S = 60.0
BIN = Path(sys.executable).parent

# Linux ends what we started should we be killed: SIGTERM (15) for PR_SET_PDEATHSIG (1); it outlives the exec.
_LAUNCH = """
import ctypes, os, sys
if sys.platform == "linux":
    ctypes.CDLL(None).prctl(1, 15)
    if os.getppid() != int(sys.argv[1]):
        sys.exit(1)
os.execv(sys.argv[2], sys.argv[2:])
"""

T = TypeVar("T")


def until(condition: Callable[[], T], what: str, patience_s: float = PATIENCE_S) -> T:
    """Wait until the condition holds, give what it gave. Raises TimeoutError."""
    deadline = time.monotonic() + patience_s
    while not (found := condition()):
        if time.monotonic() > deadline:
            raise TimeoutError(f"waited {patience_s:.0f} s for {what}")
        time.sleep(0.05)
    return found


def python(module: str, *arguments: str) -> list[str]:
    """The command that runs a module with this interpreter."""
    return [sys.executable, "-m", module, *arguments]


def free_port() -> int:
    """A port of the loopback address that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def folder() -> Iterator[Path]:
    """A temporary folder with a short name (a socket's path may not pass 107 bytes), open to other users."""
    path = Path(tempfile.mkdtemp(prefix="jl-bench-"))
    path.chmod(0o755)
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


@contextlib.contextmanager
def process(
    command: Sequence[str | Path],
    log: Path,
    *,
    environ: dict[str, str] | None = None,
    kill: bool = False,
    talk: bool = False,
) -> Iterator["subprocess.Popen[bytes]"]:
    """Run a program; at the end it is told to stop, and killed if it does not. ``log`` takes what it says.

    ``kill``: at the end it is killed at once, with all that it started. ``talk``: its standard input and
    output are pipes to us.
    """
    with log.open("ab") as output:
        started = subprocess.Popen(
            [sys.executable, "-S", "-c", _LAUNCH, str(os.getpid()), *map(str, command)],
            cwd=ROOT,
            env={**clean_environment(), **(environ or {})},
            stdin=subprocess.PIPE if talk else subprocess.DEVNULL,
            stdout=subprocess.PIPE if talk else output,
            stderr=output,
            start_new_session=True,
        )
    try:
        yield started
    finally:
        if kill:
            kill_family(started.pid)
        elif started.poll() is None:
            started.terminate()
        try:
            started.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(started.pid, signal.SIGKILL)
            started.wait()
        for pipe in (started.stdin, started.stdout):
            if pipe:
                with contextlib.suppress(OSError):
                    pipe.close()


def kill_family(pid: int) -> None:
    """Kill -9 a process and all its living descendants, itself first so that it starts none anew."""
    for member in family(pid):
        with contextlib.suppress(ProcessLookupError):
            os.kill(member, signal.SIGKILL)


@contextlib.contextmanager
def valkey(*, durable: bool = True, tcp: bool = False) -> Iterator[str]:
    """Run the bundled server, as a real system does, on a socket of its own and give its URL.

    ``durable``: with the append-only file that it has in a real system (everysec). ``tcp``: on the loopback
    address, for clients that know no Unix sockets.
    """
    with folder() as home:
        port = free_port() if tcp else 0
        url = f"redis://127.0.0.1:{port}/0" if tcp else f"unix://{home / 's'}"
        command: list[str | Path] = [
            *(bundled_server(), "--port", str(port), "--bind", "127.0.0.1", "--unixsocket", home / "s"),
            *("--dir", home, "--save", "", "--appendonly", "yes" if durable else "no"),
            *("--appendfsync", "everysec", "--loglevel", "warning"),
        ]
        environ = server_environment(clean_environment())
        with process(command, home / "log", environ=environ, kill=tcp) as server:
            with Redis.from_url(url) as client:
                until(lambda: _alive(server, home / "log") and _answers(client), "the server")
            yield url


@contextlib.contextmanager
def workers(
    queue: str, url: str, home: Path, *arguments: str, **environ: str
) -> Iterator["subprocess.Popen[bytes]"]:
    """Run a real supervisor on a queue of ``home``/queues.toml."""
    settings = {"REDIS_URL": url, "JUDGELINE_PARENT_PID": str(os.getpid()), "JUDGELINE_LOG_LEVEL": "warning"}
    with process(
        python("workers", queue, *arguments), home / "workers.log", environ=_at(home) | settings | environ
    ) as supervisor:
        yield supervisor


@contextlib.contextmanager
def engine(queue: str, url: str, home: Path) -> Iterator[Engine]:
    """Open a queue of ``home``/queues.toml, as a client that fills and watches it."""
    options = load_config(home / "queues.toml").queues[queue]
    with contextlib.closing(command_client(url)) as client:
        yield ListsEngine(client, queue, options)


@contextlib.contextmanager
def gunicorn(config: str, app: str, url: str, home: Path, port: int) -> Iterator["subprocess.Popen[bytes]"]:
    """Run an app under gunicorn and wait until it listens; ``config`` is a module of settings."""
    settings = {"REDIS_URL": url, "API_HOST": "127.0.0.1", "API_PORT": str(port)}
    log = home / f"{config}.log"
    command: list[str | Path] = [BIN / "gunicorn", "--config", f"python:{config}", app]
    with process(command, log, environ=_at(home) | settings) as front:
        until(lambda: _alive(front, log) and _listens(port), app)
        yield front


def prepared(home: Path, url: str, config: str) -> str:
    """Write ``home``/queues.toml and do what ``make run`` does before it starts anything; give a key."""
    (home / "queues.toml").write_text(config)
    environ = _at(home) | {"REDIS_URL": url}
    settings = Settings.from_environment(environ)
    settings.home.mkdir()
    prepare(settings, environ)
    return (settings.home / OPERATOR_KEY_FILE).read_text().strip()


def _at(home: Path) -> dict[str, str]:
    return {"JUDGELINE_HOME": str(home / "home"), "JUDGELINE_CONFIG": str(home / "queues.toml")}


def clean_environment() -> dict[str, str]:
    """Ours without what would steer the processes elsewhere."""
    mine = ("JUDGELINE_", "REDIS_", "DATABASE_", "SMTP_", "API_", "PROMETHEUS_", "RQ_", "BENCH_")
    return {name: value for name, value in os.environ.items() if not name.startswith(mine)}


def _alive(started: "subprocess.Popen[bytes]", log: Path) -> bool:
    if started.poll() is not None:
        raise RuntimeError(f"it ended with {started.returncode}:\n{log.read_text()[-2000:]}")
    return True


def _answers(client: Redis) -> bool:
    with contextlib.suppress(RedisError, OSError):
        return bool(client.ping())
    return False


def _listens(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
        return True
    return False
