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

from judgeline import terminal
from judgeline.parent import die_with, open_parent
from judgeline.queues.connect import blocking_client, command_client
from judgeline.queues.errors import QueueUnavailable
from judgeline.queues.handler import Handler
from judgeline.queues.options import QueueOptions
from judgeline.queues.rq.ledger import Ledger
from judgeline.queues.rq.task import Workplace
from judgeline.queues.rq.tickets import queue_name
from judgeline.queues.rq.worker import WORKER_TTL_S, QueueWorker
from judgeline.terminal import Terminal

_GIVE_BACK_S = 1.5
_REBIRTH_S = 1.0
_LOCK_S = 5
_PROMOTED = 100
_STOPS = (signal.SIGTERM, signal.SIGINT)
_IGNORED = (signal.SIGTTIN, signal.SIGTTOU, signal.SIGPIPE)
_HEARD = (*_STOPS, signal.SIGHUP, signal.SIGCHLD)

log = structlog.get_logger()


@dataclass(frozen=True)
class Order:
    """What the workers of a queue are to do, and how many there are."""

    options: QueueOptions
    make_handler: Callable[[], Handler]
    """Called in the horse, for each job anew."""
    processes: int
    """RQ workers, split over the priorities by their weights, at least one each."""
    beside: Callable[[], None] | None = None
    """Called once a second in a process of its own; it must connect in there."""


def work(  # noqa: PLR0913 - a queue, what to do with it, and how to stop
    name: str,
    redis_url: str,
    order: Order,
    *,
    only: str | None = None,
    grace_s: float = 30.0,
    unready: tuple[type[Exception], ...] = (),
    reload: Callable[[], Order | None] = lambda: None,
) -> None:
    """Work a queue on RQ until told to stop: SIGTERM, SIGINT, a hang-up, or the end of JUDGELINE_PARENT_PID.

    A worker of RQ that listens to several queues loses a job when it is killed at the wrong moment, so each
    has one. A drain lets the running jobs end for ``grace_s`` seconds, then has them given back unspent.
    ``unready`` names what a handler raises that cannot work here now. At SIGHUP ``reload`` gives what to do
    from now on, None for no change: new workers begin, and those there are leave after their job.
    """

    def team(order: Order) -> Team:
        place = Workplace(name, order.options, redis_url, order.make_handler, unready)
        priorities = order.options.priorities
        weights = {each: priorities[each].weight for each in ([only] if only else priorities)}
        return Team(place, shares(order.processes, weights), order.beside)

    def reloaded() -> Team | None:
        anew = reload()
        return None if anew is None else team(anew)

    Pool(team(order), max(grace_s, 1.5), reloaded).run()


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


@dataclass(frozen=True)
class Team:
    """Who is to be there: so many workers a priority, a scheduler, and what goes on beside them."""

    place: Workplace
    given: dict[str, int]
    beside: Callable[[], None] | None = None

    def places(self) -> "list[Place]":
        """Give the processes, none of them born yet."""
        places = [
            Place(f"worker {priority}", lambda priority=priority: _be_worker(self.place, priority))  # type: ignore[misc]
            for priority, count in self.given.items()
            for _ in range(count)
        ]
        places.append(Place("scheduler", lambda: _be_scheduler(self.place, list(self.given))))
        if self.beside is not None:
            beside = self.beside
            places.append(Place("timekeeper", lambda: _once_a_second(beside)))
        return places


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
    """Keeps the processes alive, has others take over, and lets them go in a drain."""

    def __init__(self, team: Team, grace_s: float, reload: Callable[[], Team | None]) -> None:
        self._queue = team.place.queue
        self._grace_s = grace_s
        self._reload = reload
        self._terminal = Terminal()
        self._places = team.places()
        self._leaving: list[Place] = []
        """Those that others have taken over from: told to end after their job."""
        self._most = 2 * len(self._places)
        """Processes at once: else each reload would add as many as have long jobs."""
        self._heard: set[int] = set()
        self._steps: list[tuple[float, signal.Signals]] = []
        self._draining = False

    def run(self) -> None:
        """Work until drained and the last process is gone."""
        parent = open_parent()
        with self._listening() as wakeup:
            log.info("rq workers started", queue=self._queue, processes=len(self._places))
            while not (self._draining and not self._living()):
                self._step()
                waits = [wakeup] if parent is None or self._draining else [wakeup, parent]
                ready, _, _ = select.select(waits, [], [], self._pause())
                if wakeup in ready:
                    self._heard.update(os.read(wakeup, 512))
                if parent is not None and parent in ready:
                    self._drain()
                self._obey()
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
        handlers = {
            number: signal.signal(number, lambda *_: None)
            for number in _HEARD
            if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN  # as nohup leaves it
        }
        handlers |= {number: signal.signal(number, signal.SIG_IGN) for number in _IGNORED}
        terminal.hear()
        try:
            yield readable
        finally:
            for number, handler in handlers.items():
                signal.signal(number, handler)
            signal.set_wakeup_fd(before)
            os.close(readable)
            os.close(writable)

    def _obey(self) -> None:
        """Do what the signals ask for."""
        hung_up = signal.SIGHUP in self._heard
        if self._heard.intersection(_STOPS) or (hung_up and self._terminal.gone):
            self._drain()
        elif hung_up and not self._draining:
            self._follow(self._reload())
        self._heard.clear()

    def _follow(self, team: Team | None) -> None:
        """Have others take over; those there are end after their job."""
        if team is None:
            return
        _tell(self._places, signal.SIGTERM)
        self._leaving += [place for place in self._places if place.pid]
        before, self._places = len(self._places), team.places()
        self._most = before + len(self._places)

    def _living(self) -> list[Place]:
        return [place for place in (*self._places, *self._leaving) if place.pid]

    def _step(self) -> None:
        """Do what is due: births, or the next step of a drain."""
        now = time.monotonic()
        if self._draining:
            while self._steps and self._steps[0][0] <= now:
                _tell(self._living(), self._steps.pop(0)[1])
            return
        for place in self._places:
            if not place.pid and now - place.born_at >= _REBIRTH_S and len(self._living()) < self._most:
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
        _tell(self._places, signal.SIGTERM)  # those that leave know; told twice, they would give back
        self._steps = [
            (now + self._grace_s, signal.SIGTERM),  # give back what runs
            (now + self._grace_s + _GIVE_BACK_S, signal.SIGKILL),
        ]
        log.info("rq workers draining", queue=self._queue, grace_s=self._grace_s)

    def _reap(self) -> None:
        for place in self._living():
            if os.waitpid(place.pid, os.WNOHANG)[0]:
                place.pid = 0
                if not self._draining and place not in self._leaving:
                    log.warning("rq process ended", queue=self._queue, process=place.title)
        self._leaving = [place for place in self._leaving if place.pid]

    def _fork(self, live: Callable[[], None]) -> int:
        parent = os.getpid()
        sys.stdout.flush()
        sys.stderr.flush()
        # Until it has handlers of its own, a signal to the child would go into our pipe, as if for us.
        unblocked = signal.pthread_sigmask(signal.SIG_BLOCK, _HEARD)
        try:
            pid = os.fork()
            if pid == 0:
                _be_born(parent, live, unblocked)
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, unblocked)
        return pid


def _tell(places: list[Place], number: signal.Signals) -> None:
    for place in places:
        if place.pid:
            os.kill(place.pid, number)


def _be_worker(place: Workplace, priority: str) -> None:
    host = re.sub(r"[^A-Za-z0-9-]", "-", socket.gethostname())[:40]
    name = f"{place.queue}-{priority}-{host}-{os.getpid()}-{secrets.token_hex(3)}"
    connection = blocking_client(place.redis_url, WORKER_TTL_S)
    QueueWorker(place, priority, name, connection).work(logging_level="WARNING")


def _be_scheduler(place: Workplace, priorities: list[str]) -> None:
    PromptScheduler(
        Ledger(command_client(place.redis_url), place.queue, place.options),
        [queue_name(place.queue, priority) for priority in priorities],
        blocking_client(place.redis_url, 1),
    ).work()  # type: ignore[no-untyped-call] # RQ left it untyped


def _once_a_second(what: Callable[[], None]) -> None:
    while True:
        what()
        time.sleep(1.0)


def _be_born(parent: int, live: Callable[[], None], unblocked: set[int]) -> NoReturn:
    """In a fresh fork: live, and exit. In a group of its own, for managers signal whole groups."""
    status = 1
    try:
        signal.set_wakeup_fd(-1)
        for number in _HEARD:
            signal.signal(number, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_SETMASK, unblocked)
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
