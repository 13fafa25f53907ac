"""Running the bundled server: start it, respawn it when it is killed, and end it after everybody else.

The server gets a session of its own, for the process manager signals whole process groups at once and would
take the server from under workers that are still finishing; the kernel ends it should we be killed.
"""

import fcntl
import os
import select
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import structlog
from redis import Redis
from redis.exceptions import RedisError

from judgeline import terminal
from judgeline.embedded.address import leave_socket, publish_url, socket_path
from judgeline.embedded.binary import find_server, server_environment
from judgeline.embedded.errors import EmbeddedError
from judgeline.parent import die_with, open_parent
from judgeline.queues.connect import check_server, command_client, every_primary
from judgeline.terminal import Terminal

OUTLIVE_S = 4.0
"""How long the server waits at the end for its clients to leave; the manager kills everything after 5."""
_MOST_KILLED = 5
"""How often in a row a signal may end the server before it answers: a kill, or a binary of no use."""
_START_S = 30.0
"""A large append-only file takes seconds to load."""

log = structlog.get_logger()


class Stop:
    """Turns SIGTERM, SIGINT, a hang-up and the manager's end into something to wait for.

    A SIGHUP that is no hang-up asks for queues.toml to be read anew; a server has nothing in it.
    """

    def __init__(self) -> None:
        self._terminal = Terminal()
        self._readable, writable = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
        for sign in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD):
            signal.signal(sign, self._note)
        signal.set_wakeup_fd(writable, warn_on_full_buffer=False)
        self._parent = open_parent()
        self.asked = False
        terminal.hear()

    def _note(self, sign: int, _frame: object) -> None:
        if sign == signal.SIGHUP:
            self.asked = self.asked or self._terminal.gone
        else:
            self.asked = self.asked or sign != signal.SIGCHLD

    def wait(self, seconds: float) -> bool:
        """Sleep until asked to stop, a child changed or the time is up; whether a stop was asked."""
        watched = [self._readable] + ([self._parent] if self._parent is not None else [])
        ready, _, _ = select.select(watched, [], [], seconds)
        if self._readable in ready:
            os.read(self._readable, 4096)
        self.asked = self.asked or self._parent in ready
        return self.asked


def run_embedded(home: Path, stop: Stop, *, fsync: bool = False) -> None:
    """Run the bundled server on a data folder until asked to stop. Raises EmbeddedError.

    With ``fsync`` it syncs its file before each answer, else once a second.
    """
    folder = home / "redis"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    lock = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        raise EmbeddedError(
            f"another server runs on {folder}; stop it, or set another JUDGELINE_HOME"
        ) from None
    program = find_server()
    url = publish_url(home)
    server = _start(program, home, fsync=fsync)
    client = command_client(url)
    try:
        killed = 0
        while True:
            if _comes_up(client, server, stop):
                killed = 0
                log.info("server ready", program=str(program), url=url)
                _stays_up(server, stop)
            else:
                killed += 1
            if stop.wait(0):
                break
            if killed >= _MOST_KILLED:
                how = f"exit {server.returncode}, {killed} times in a row"
                raise EmbeddedError(f"the server was killed at its start ({how})")
            log.warning("server died, starting it again", exit=server.returncode)
            server = _start(program, home, fsync=fsync)
        _outlive(client)
    finally:
        _end(server)
        client.close()
        leave_socket(home)
        os.close(lock)


def watch_external(url: str, stop: Stop, *, fsync: bool = False) -> None:
    """With a server of somebody else's: check that it may carry queues, then only stay, as the manager wants.

    Raises ServerUnfit.
    """
    told = False
    while (error := _try_check(url, fsync=fsync)) is not None:
        if not told:
            log.warning(
                "the server at REDIS_URL does not answer, waiting for it",
                url=_without_password(url),
                error=str(error),
            )
            told = True
        if stop.wait(1):
            return
    log.info("using the server at REDIS_URL", url=_without_password(url))
    while not stop.wait(3600):
        pass


def _try_check(url: str, *, fsync: bool) -> RedisError | None:
    """Check each server there; gives why one did not answer. Raises ServerUnfit."""
    try:
        for server in every_primary(url):
            with server:
                check_server(server, fsync=fsync)
    except RedisError as error:
        return error
    return None


def _without_password(url: str) -> str:
    """Give the address alone: a password may stand before the host or among the settings behind it."""
    scheme, separator, rest = url.partition("://")
    return scheme + separator + rest.rpartition("@")[2].partition("?")[0]


def _start(program: Path, home: Path, *, fsync: bool) -> "subprocess.Popen[bytes]":
    path = socket_path(home)
    path.unlink(missing_ok=True)
    parent = os.getpid()

    def prepare() -> None:
        die_with(parent, signal.SIGTERM)  # TERM, not KILL: the server then closes its append-only file

    return subprocess.Popen(
        [
            program,
            *("--port", "0"),
            *("--unixsocket", path),
            *("--unixsocketperm", "700"),
            *("--dir", home / "redis"),
            *("--appendonly", "yes"),
            *("--appendfsync", "always" if fsync else "everysec"),
            *("--save", ""),
            *("--maxmemory-policy", "noeviction"),
            *("--loglevel", "warning"),
        ],
        env=server_environment(os.environ),
        start_new_session=True,
        preexec_fn=prepare,  # noqa: PLW1509 - this process has one thread
    )


def _comes_up(client: "Redis", server: "subprocess.Popen[bytes]", stop: Stop) -> bool:
    """Wait until the server answers; False when a signal ended it, or we are to stop.

    Raises EmbeddedError when it ends by itself or is too slow.
    """
    deadline = time.monotonic() + _START_S
    while not _answers(client):
        if server.poll() is not None:
            if server.returncode < 0:
                return False
            raise EmbeddedError(
                f"the server ended at its start (exit {server.returncode}); its lines above say why"
            )
        if time.monotonic() > deadline:
            raise EmbeddedError(f"the server did not answer within {_START_S:.0f} s")
        if stop.wait(0.02):
            return False
    return True


def _stays_up(server: "subprocess.Popen[bytes]", stop: Stop) -> None:
    """Wait until the server ends, or we are to stop."""
    while server.poll() is None and not stop.wait(60):
        pass


def _answers(client: "Redis") -> bool:
    return _try(client.ping) is True


def _outlive(client: "Redis") -> None:
    """Serve until the last other client is gone, for at most OUTLIVE_S: drains want to say what they did."""
    deadline = time.monotonic() + OUTLIVE_S
    while time.monotonic() < deadline:
        clients = _try(client.client_list)
        if not isinstance(clients, list) or len(clients) <= 1:
            return
        time.sleep(0.05)


def _end(server: "subprocess.Popen[bytes]") -> None:
    server.terminate()
    try:
        server.wait(5)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()


def _try(call: Callable[[], object]) -> object:
    try:
        return call()
    except RedisError:
        return None
