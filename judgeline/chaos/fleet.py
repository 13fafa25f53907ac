"""The worker processes of a run: supervisors and the recorder, each behind a proxy of its own.

All of it is for the main thread.
"""

import contextlib
import signal
import subprocess
import sys
from collections.abc import Iterator

from judgeline.chaos.errors import with_log
from judgeline.chaos.house import House
from judgeline.chaos.options import QUEUE, ChaosOptions
from judgeline.chaos.processes import below, end, families, launch, send
from judgeline.chaos.proxy import FaultProxy

DRAIN_S = 20.0
_MOST_FALLS = 5


class Post:
    """A place for one process, which is filled again whenever it is empty."""

    def __init__(self, name: str, command: list[str], house: House, redis_url: str) -> None:
        self.name = name
        self.proxy = FaultProxy(redis_url, path=house.sockets / f"{name}.sock")
        self._command = [sys.executable, "-m", "workers", *command]
        self._house = house
        self._killed = False
        self._process = self._start()
        self.falls: list[str] = []
        """How those ended that ended by themselves, which none should."""

    @property
    def pid(self) -> int:
        """Its process, dead or alive."""
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Whether it has not ended."""
        return self._process.poll() is None

    @property
    def process(self) -> "subprocess.Popen[bytes]":
        """Who is here now."""
        return self._process

    def look_after(self) -> None:
        """Fill the place. Raises ChaosError where nobody can stay in it."""
        if self.alive:
            return
        if not self._killed:
            self.falls.append(f"{self.name} ended by itself with status {self._process.returncode}")
            if len(self.falls) > _MOST_FALLS:
                raise with_log(self.falls[-1], self._house.log)
        self._killed = False
        self._process = self._start()

    def kill(self) -> None:
        """SIGKILL, and bury it."""
        self._killed = True
        self._process.kill()
        self._process.wait()

    def _start(self) -> "subprocess.Popen[bytes]":
        return launch(self._command, self._house.log, self._house.environment(self.proxy.url))


class Fleet:
    """Every worker process of a run."""

    def __init__(self, options: ChaosOptions, house: House, redis_url: str) -> None:
        work = [QUEUE, "--processes", str(options.children)]
        self.supervisors: list[Post] = []
        self._posts: list[Post] = []
        try:
            for number in range(options.supervisors):
                self.supervisors.append(self._open(f"w{number}", work, house, redis_url))
            self.recorder = self._open("recorder", ["recorder"], house, redis_url)
        except BaseException:
            self.kill()
            raise

    def __iter__(self) -> Iterator[Post]:
        return iter(self._posts)

    def _open(self, name: str, command: list[str], house: House, redis_url: str) -> Post:
        self._posts.append(Post(name, command, house, redis_url))
        return self._posts[-1]

    def look_after(self) -> None:
        """Start again whoever has ended."""
        for post in self._posts:
            post.look_after()

    @property
    def falls(self) -> list[str]:
        """How those ended that ended by themselves."""
        return [fall for post in self._posts for fall in post.falls]

    def children(self) -> dict[int, list[int]]:
        """Give the living processes below each living supervisor: children, with RQ horses, too."""
        known = families()
        return {post.pid: below(post.pid, known) for post in self.supervisors if post.alive}

    def drain(self) -> bool:
        """Have everybody end by SIGTERM, as an operator would; whether all did in time."""
        known = families()
        pids = [pid for post in self._posts for pid in below(post.pid, known)]
        obeyed = end([post.process for post in self._posts], DRAIN_S)
        send(pids, signal.SIGKILL) if not obeyed else None
        self._close()
        return obeyed

    def kill(self) -> None:
        """SIGKILL everybody."""
        known = families()
        for post in self._posts:
            send(below(post.pid, known), signal.SIGKILL)
            post.kill()
        self._close()

    def _close(self) -> None:
        for post in self._posts:
            with contextlib.suppress(Exception):
                post.proxy.close()
