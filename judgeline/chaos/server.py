"""The Redis server of a run: ours alone, killed and started again on the same append-only file.

``appendfsync always``: whatever it has answered or published is on the disk, so a kill may lose nothing. The
file is never rewritten, for it is evidence: it holds every change there ever was, in the server's own words.
"""

import re
import signal
import subprocess
import time
from pathlib import Path

from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.maint_notifications import MaintNotificationsConfig
from redis.retry import Retry

from judgeline.chaos.errors import with_log
from judgeline.chaos.house import House
from judgeline.chaos.processes import launch
from judgeline.embedded.binary import find_server

START_S = 60.0
"""A long append-only file takes seconds to read."""
_SEQUENCE = re.compile(r"\.(\d+)\.incr\.aof$")


class ChaosServer:
    """A server on a socket of its own. All but ``client`` is for the main thread."""

    def __init__(self, house: House) -> None:
        self._folder = house.folder / "redis"
        self._folder.mkdir(mode=0o700)
        self._path = house.sockets / "server.sock"
        self._log = house.folder / "redis.log"
        self._program = find_server()
        self.url = f"unix://{self._path}?db=0"
        self.client = Redis.from_url(
            self.url,
            socket_timeout=5.0,
            socket_connect_timeout=1.0,
            retry=Retry(NoBackoff(), 0),
            maint_notifications_config=MaintNotificationsConfig(enabled=False),
        )
        """Goes straight to the server, past every proxy."""
        self._process = self._start()
        self._died_at: float | None = None
        self._stopped = False
        self.away_s: list[float] = []
        """From each kill to the first answer after it, seconds."""

    @property
    def pid(self) -> int:
        """Its process."""
        return self._process.pid

    def await_answer(self) -> None:
        """Wait until it answers. Raises ChaosError when it ends or is too slow."""
        deadline = time.monotonic() + START_S
        while not self.answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise with_log("the server did not start", self._log)
            time.sleep(0.02)

    def answers(self) -> bool:
        """Whether it serves now; it does not while it reads its file."""
        if self._stopped:
            return False
        try:
            self.client.ping()
        except RedisError:
            return False
        if self._died_at is not None:
            self.away_s.append(time.monotonic() - self._died_at)
            self._died_at = None
        return True

    def kill(self) -> None:
        """SIGKILL it and start it again."""
        self._process.kill()
        self._process.wait()
        self._died_at = time.monotonic()
        self._process = self._start()

    def stop(self) -> None:
        """SIGSTOP it."""
        self._stopped = True
        self._process.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        """SIGCONT it."""
        self._process.send_signal(signal.SIGCONT)
        self._stopped = False

    def look_after(self) -> None:
        """Start it again if it ended by itself, which it should not. Raises ChaosError."""
        if self._process.poll() is not None:
            raise with_log("the server ended by itself", self._log)

    def empty(self) -> None:
        """FLUSHALL. Raises RedisError where it is away."""
        self.client.flushall()

    def version(self) -> str:
        """Say what it is, e.g. "valkey 9.1.0"."""
        told = self.client.info("server")
        name = told.get("server_name", "redis")
        return f"{name} {told.get(f'{name}_version', told['redis_version'])}"

    def history(self) -> list[Path]:
        """Give the files of all changes, oldest first."""
        files = (self._folder / "appendonlydir").glob("*.incr.aof")
        return sorted(files, key=lambda file: int(found[1]) if (found := _SEQUENCE.search(file.name)) else 0)

    def end(self) -> None:
        """End it for good."""
        self.client.close()
        self._process.kill()
        self._process.wait()
        self._path.unlink(missing_ok=True)

    def _start(self) -> "subprocess.Popen[bytes]":
        self._path.unlink(missing_ok=True)
        return launch(
            [
                self._program,
                *("--port", "0", "--unixsocket", self._path, "--unixsocketperm", "700"),
                *("--dir", self._folder, "--save", "", "--maxmemory-policy", "noeviction"),
                *("--appendonly", "yes", "--appendfsync", "always", "--auto-aof-rewrite-percentage", "0"),
                *("--loglevel", "warning"),
            ],
            self._log,
        )
