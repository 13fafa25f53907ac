"""The workers of one queue on this machine: real RQ workers, a scheduler, and a parent that keeps them."""

import contextlib
import os
import re
import secrets
import select
import signal
import socket
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NoReturn

import structlog
from redis import Redis
from redis.exceptions import RedisError
from rq.scheduler import RQScheduler
from rq.serializers import JSONSerializer

from judgeline.parent import die_with, open_parent
from judgeline.queues.connect import blocking_client, command_client
from judgeline.queues.errors import QueueUnavailable
from judgeline.queues.handler import Handler
from judgeline.queues.options import QueueOptions
from judgeline.queues.rq.ledger import Ledger
from judgeline.queues.rq.task import Workplace
from judgeline.queues.rq.tickets import queue_name
from judgeline.queues.rq.worker import WORKER_TTL_S, QueueWorker

_GIVE_BACK_S = 1.5
_REBIRTH_S = 1.0
_LOCK_S = 5
_PROMOTED = 100
_STOPS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
_IGNORED = (signal.SIGTTIN, signal.SIGTTOU, signal.SIGPIPE)
_HEARD = (*_STOPS, signal.SIGCHLD)

log = structlog.get_logger()


def work(  # noqa: PLR0913 - a queue, its handler, and how many work it how
    name: str,
    options: QueueOptions,
    redis_url: str,
    make_handler: Callable[[], Handler],
    *,
    processes: int,
    only: str | None = None,
    grace_s: float = 30.0,
    unready: tuple[type[Exception], ...] = (),
    beside: Callable[[], None] | None = None,
) -> None:
    """Work a queue on RQ until told to stop (SIGTERM, SIGINT, SIGHUP, or the end of JUDGELINE_PARENT_PID).

    ``processes`` RQ workers are split over the priorities by their weights, at least one each: a worker of RQ
    that listens to several queues loses a job when it is killed at the wrong moment. ``make_handler`` is
    called in the horse, for each job anew. A drain lets the running jobs end for ``grace_s`` seconds, then
    has them given back unspent. ``unready`` names what a handler raises that cannot work here now. ``beside``
    is called once a second in a process of its own; it must connect in there.
    """
    place = Workplace(name, options, redis_url, make_handler, unready)
    weights = {each: options.priorities[each].weight for each in ([only] if only else options.priorities)}
    pool = Pool(place, shares(processes, weights), max(grace_s, 1.5), beside)
    pool.run()


def shares(processes: int, weights: dict[str, int]) -> dict[str, int]:
    """Split workers over priorities by weight, at least one each (so there may be more than asked for)."""
    given = dict.fromkeys(weights, 1)
    for _ in range(processes - len(weights)):
        # Whoever is furthest below the share its weight gives it: Sainte-Laguë's method.
        given[max(weights, key=lambda each: weights[each] / (2 * given[each] + 1))] += 1
    return given


@dataclass
class Place:
    """One process that is to be there: how it lives, and what there is of it."""

    title: str
    live: Callable[[], None]
    pid: int = 0
    born_at: float = field(default=-_REBIRTH_S)


class PromptScheduler(RQScheduler):
    """RQ's scheduler, which brings delayed tickets back; one at a time, on any machine.

    RQ's own looks for the lock of a dead one every ten minutes; retries must not wait for that long.
    """

    def __init__(self, ledger: Ledger, queues: list[str], connection: Redis) -> None:
        super().__init__(queues, connection=connection, logging_level="WARNING", serializer=JSONSerializer)
        self._ledger = ledger

    def enqueue_scheduled_jobs(self) -> None:
        """Move the tickets that are due, and have their jobs wait in line."""
        super().enqueue_scheduled_jobs()  # type: ignore[no-untyped-call] # RQ left it untyped
        with contextlib.suppress(QueueUnavailable):  # a second later, then
            while self._ledger.promote() >= _PROMOTED:
                pass

    @property
    def should_reacquire_locks(self) -> bool:
        """Whether to look for free locks now."""
        if self._queue_names == self.acquired_locks:
            return False
        taken: datetime | None = self.lock_acquisition_time
        return taken is None or datetime.now() - taken > timedelta(seconds=_LOCK_S)  # noqa: DTZ005 - as RQ sets it


class Pool:
    """Keeps the processes alive, and lets them go in a drain."""

    def __init__(
        self,
        place: Workplace,
        given: dict[str, int],
        grace_s: float,
        beside: Callable[[], None] | None = None,
    ) -> None:
        self._place = place
        self._grace_s = grace_s
        self._places = [
            Place(f"worker {priority}", lambda priority=priority: self._be_worker(priority))  # type: ignore[misc]
            for priority, count in given.items()
            for _ in range(count)
        ]
        self._places.append(Place("scheduler", lambda: self._be_scheduler(list(given))))
        if beside is not None:
            self._places.append(Place("timekeeper", lambda: _once_a_second(beside)))
        self._heard: set[int] = set()
        self._steps: list[tuple[float, signal.Signals]] = []
        self._draining = False

    def run(self) -> None:
        """Work until drained and the last process is gone."""
        parent = open_parent()
        with self._listening() as wakeup:
            log.info("rq workers started", queue=self._place.queue, processes=len(self._places))
            while not (self._draining and not any(place.pid for place in self._places)):
                self._step()
                waits = [wakeup] if parent is None or self._draining else [wakeup, parent]
                ready, _, _ = select.select(waits, [], [], self._pause())
                if wakeup in ready:
                    self._heard.update(os.read(wakeup, 512))
                if (parent is not None and parent in ready) or self._heard.intersection(_STOPS):
                    self._drain()
                self._heard.clear()
                self._reap()
        if parent is not None:
            os.close(parent)

    @contextlib.contextmanager
    def _listening(self) -> Iterator[int]:
        """Have signals written to a pipe; gives its end to read."""
        readable, writable = os.pipe()
        os.set_blocking(readable, False)
        os.set_blocking(writable, False)
        before = signal.set_wakeup_fd(writable, warn_on_full_buffer=False)
        handlers = {number: signal.signal(number, lambda *_: None) for number in _HEARD}
        handlers |= {number: signal.signal(number, signal.SIG_IGN) for number in _IGNORED}
        try:
            yield readable
        finally:
            for number, handler in handlers.items():
                signal.signal(number, handler)
            signal.set_wakeup_fd(before)
            os.close(readable)
            os.close(writable)

    def _step(self) -> None:
        """Do what is due: births, or the next step of a drain."""
        now = time.monotonic()
        if self._draining:
            while self._steps and self._steps[0][0] <= now:
                self._tell(self._steps.pop(0)[1])
            return
        for place in self._places:
            if not place.pid and now - place.born_at >= _REBIRTH_S:
                place.born_at = now
                place.pid = self._fork(place.live)

    def _pause(self) -> float:
        if self._draining:
            return max(0.0, self._steps[0][0] - time.monotonic()) if self._steps else 1.0
        return _REBIRTH_S if not all(place.pid for place in self._places) else 30.0

    def _drain(self) -> None:
        if self._draining:
            return
        now = time.monotonic()
        self._draining = True
        self._steps = [
            (now, signal.SIGTERM),  # no more tickets
            (now + self._grace_s, signal.SIGTERM),  # give back what runs
            (now + self._grace_s + _GIVE_BACK_S, signal.SIGKILL),
        ]
        log.info("rq workers draining", queue=self._place.queue, grace_s=self._grace_s)

    def _tell(self, number: signal.Signals) -> None:
        for place in self._places:
            if place.pid:
                os.kill(place.pid, number)

    def _reap(self) -> None:
        for place in self._places:
            if place.pid and os.waitpid(place.pid, os.WNOHANG)[0]:
                if not self._draining:
                    log.warning("rq process ended", queue=self._place.queue, process=place.title)
                place.pid = 0

    def _fork(self, live: Callable[[], None]) -> int:
        parent = os.getpid()
        sys.stdout.flush()
        sys.stderr.flush()
        pid = os.fork()
        if pid == 0:
            _be_born(parent, live)
        return pid

    def _be_worker(self, priority: str) -> None:
        host = re.sub(r"[^A-Za-z0-9-]", "-", socket.gethostname())[:40]
        name = f"{self._place.queue}-{priority}-{host}-{os.getpid()}-{secrets.token_hex(3)}"
        connection = blocking_client(self._place.redis_url, WORKER_TTL_S)
        QueueWorker(self._place, priority, name, connection).work(logging_level="WARNING")

    def _be_scheduler(self, priorities: list[str]) -> None:
        place = self._place
        PromptScheduler(
            Ledger(command_client(place.redis_url), place.queue, place.options),
            [queue_name(place.queue, priority) for priority in priorities],
            blocking_client(place.redis_url, 1),
        ).work()  # type: ignore[no-untyped-call] # RQ left it untyped


def _once_a_second(what: Callable[[], None]) -> None:
    while True:
        what()
        time.sleep(1.0)


def _be_born(parent: int, live: Callable[[], None]) -> NoReturn:
    """In a fresh fork: live, and exit. In a group of its own, for managers signal whole groups."""
    status = 1
    try:
        signal.set_wakeup_fd(-1)
        for number in _HEARD:
            signal.signal(number, signal.SIG_DFL)
        os.setpgid(0, 0)
        die_with(parent)
        live()
        status = 0
    except RedisError as error:  # it is born again; where in RQ this was says nothing
        log.warning("rq process lost its server", reason=str(error))
    except BaseException:  # noqa: BLE001 - its last words, whatever it was
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)
