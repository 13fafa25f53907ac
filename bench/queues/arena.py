"""Where one contender is measured once: a server of its own, workers, clients. All ends with us."""

import contextlib
import json
import queue
import subprocess
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import IO, Any, Self, cast

from bench.harness import ROOT
from bench.queues import marks
from bench.queues.contender import Command, Contender
from bench.servers import folder, process, until, valkey

CONFIG = """
[queues.submissions]
handler = "noop"
max_queued = 40_000
max_queued_per_user = 40_000

[queues.emails]
handler = "noop"
"""
_ANSWER_S = 60.0
_TAIL = 600


class Failed(Exception):
    """A contender did not do what it was to do; the message says what it said last."""


class Arena:
    """A server, and what runs around it for one measurement. A context manager."""

    def __init__(self, contender: Contender) -> None:
        self.contender = contender
        self._stack = ExitStack()
        self._logs = 0

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            self.home = stack.enter_context(folder())
            self.url = stack.enter_context(valkey(tcp=True))
            (self.home / "queues.toml").write_text(CONFIG)
            self.marks = self.home / "marks"
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def start(self, command: Command, url: str | None = None) -> "subprocess.Popen[bytes]":
        """Start a worker, by way of ``url`` where that is not the server itself."""
        return self._stack.enter_context(
            process(command, self._log(), environ=self._environ(url or self.url), kill=True)
        )

    def team(self, kind: str, url: str | None = None) -> list["subprocess.Popen[bytes]"]:
        """Start the workers of a set-up."""
        return [self.start(command, url) for command in self.contender.team(kind, url or self.url)]

    def client(self) -> "Client":
        """Start a client."""
        return self._stack.enter_context(
            Client(self.contender.client_command(), self._environ(self.url), self._log())
        )

    def first_mark(self, patience_s: float = 25.0) -> None:
        """Wait until a job has run. Raises Failed."""
        try:
            until(lambda: marks.count(self.marks), "a job", patience_s)
        except TimeoutError:
            raise Failed(f"no job ran within {patience_s:.0f} s: {self.last_words()}") from None

    def last_words(self) -> str:
        """The end of what the workers and clients wrote."""
        logs = sorted(self.home.glob("log-*"))
        said = " | ".join(text for log in logs if (text := log.read_text(errors="replace").strip()[-_TAIL:]))
        return " ".join(said.split()) or "it said nothing"

    def _log(self) -> Path:
        self._logs += 1
        return self.home / f"log-{self._logs}"

    def _environ(self, url: str) -> dict[str, str]:
        return {
            "BENCH_URL": url,
            marks.VARIABLE: str(self.marks),
            "PYTHONPATH": str(ROOT),
            "PYTHONWARNINGS": "ignore",
            "REDIS_URL": url,
            "JUDGELINE_HOME": str(self.home / "home"),
            "JUDGELINE_CONFIG": str(self.home / "queues.toml"),
            "JUDGELINE_LOG_LEVEL": "error",
        }


class Client:
    """A client process that takes orders, one JSON object a line. A context manager."""

    def __init__(self, command: Sequence[str], environ: dict[str, str], log: Path) -> None:
        self._command = command
        self._environ = environ
        self._log = log
        self._answers: queue.Queue[str] = queue.Queue()
        self.has_bulk = False

    def __enter__(self) -> Self:
        self._stack = ExitStack()
        started = self._stack.enter_context(
            process(self._command, self._log, environ=self._environ, kill=True, talk=True)
        )
        self._stdin, self._stdout = cast("IO[bytes]", started.stdin), cast("IO[bytes]", started.stdout)
        self._thread = threading.Thread(target=self._hear, daemon=True)
        self._thread.start()
        self.has_bulk = bool(self._answer(_ANSWER_S)["bulk"])
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()
        self._thread.join(5)

    def order(self, do: str, *, within_s: float = _ANSWER_S, **what: Any) -> dict[str, Any]:
        """Give an order and wait for its answer. Raises Failed."""
        self.ask(do, **what)
        return self._answer(within_s)

    def ask(self, do: str, **what: Any) -> None:
        """Give an order; ``answer`` waits for what comes of it."""
        try:
            self._stdin.write(json.dumps({"do": do} | what).encode() + b"\n")
            self._stdin.flush()
        except OSError as error:
            raise Failed(f"its client is gone: {error}") from None

    def answer(self, within_s: float = _ANSWER_S) -> dict[str, Any]:
        """Wait for the answer to what was asked. Raises Failed."""
        return self._answer(within_s)

    def fill(self, first: int, count: int, *, bulk: bool) -> float:
        """Enqueue jobs as fast as it can; give jobs/s."""
        if not count:
            return 0.0
        took = self.order("fill", first=first, count=count, bulk=bulk and self.has_bulk)
        return count / float(took["s"])

    def _answer(self, within_s: float) -> dict[str, Any]:
        try:
            line = self._answers.get(timeout=within_s)
        except queue.Empty:
            raise Failed(f"its client did not answer within {within_s:.0f} s") from None
        if not line:
            words = " ".join(self._log.read_text(errors="replace")[-_TAIL:].split())
            raise Failed(f"its client ended: {words}")
        told: dict[str, Any] = json.loads(line)
        if "error" in told:
            raise Failed(f"its client: {told['error']}")
        return told

    def _hear(self) -> None:
        with contextlib.suppress(ValueError, OSError):
            for line in self._stdout:
                if line.startswith(b"{"):  # whatever else a library prints is none of ours
                    self._answers.put(line.decode())
        self._answers.put("")


def watch(arena: Arena, count: int, window_s: float) -> Iterator[float]:
    """Yield the s since the first mark, every few ms, until so many are there or the time is over."""
    arena.first_mark()
    began = time.monotonic()
    while marks.count(arena.marks) < count and (spent := time.monotonic() - began) < window_s:
        yield spent
        time.sleep(0.005)
