"""Doing what the plan says to the processes that are there now. Main thread only."""

import heapq
import itertools
import signal
import time
from collections.abc import Callable
from typing import TypeVar

import msgspec
from redis.exceptions import RedisError

from judgeline.chaos.fleet import Fleet, Post
from judgeline.chaos.options import PAUSE_S, SLOWEST_S
from judgeline.chaos.plan import KILLS, Blow, Fault, Gust
from judgeline.chaos.processes import send
from judgeline.chaos.proxy import FaultProxy, Then
from judgeline.chaos.server import ChaosServer

_T = TypeVar("_T")


class Done(msgspec.Struct, frozen=True, kw_only=True):
    """A fault that was done."""

    at: float
    """``time.monotonic()``."""
    fault: Fault
    pids: list[int]
    """Who was killed, stopped or cut off; for a supervisor its children, too."""
    until: float
    """When it was over; ``at`` for a kill."""


class Faults:
    """Does faults, ends those that last, and keeps a list of all."""

    def __init__(self, fleet: Fleet, server: ChaosServer, others: list[FaultProxy]) -> None:
        self.done: list[Done] = []
        self._fleet = fleet
        self._server = server
        self._proxies = [post.proxy for post in fleet] + others
        self._to_end: list[tuple[float, int, Callable[[], None]]] = []
        self._numbers = itertools.count()
        self._busy: set[str] = set()
        """Who is stopped or cut off now, which is enough for them."""

    def blow(self, gust: Gust) -> None:
        """Do one fault of the storm; nothing where there is nobody to do it to."""
        match gust.fault:
            case Fault.LOST | Fault.CUT:
                self._on_the_line(gust)
            case Fault.RECORDER:
                self._kill(gust.fault, self._fleet.recorder, [])
            case Fault.STOP_SERVER:
                self._stop_server(gust)
            case Fault.CHILD | Fault.STOP_CHILD:
                self._to_child(gust)
            case _:
                self._to_supervisor(gust)

    def strike(self, blow: Blow) -> bool:
        """Do one of the rare ones; False where it cannot be done now: the server is away."""
        if not self._server.answers():
            return False
        if blow.fault is Fault.SERVER:
            self._note(blow.fault, [self._server.pid])
            self._server.kill()
        else:
            try:
                self._server.empty()
            except RedisError:
                return False
            self._note(blow.fault, [])
        return True

    def due(self) -> float:
        """When a fault that lasts is over next (``time.monotonic()``)."""
        return self._to_end[0][0] if self._to_end else float("inf")

    def end_due(self, now: float = float("inf")) -> None:
        """End the faults whose time is over; all of them without ``now``."""
        while self._to_end and self._to_end[0][0] <= now:
            heapq.heappop(self._to_end)[2]()

    def _on_the_line(self, gust: Gust) -> None:
        proxy = _one(self._proxies, gust.choice)
        if gust.fault is Fault.CUT:
            proxy.cut()
        else:
            proxy.drop_replies(1, then=Then.CUT if gust.for_share < 0.5 else Then.SILENCE)
        self._note(gust.fault, [])

    def _stop_server(self, gust: Gust) -> None:
        if self._server.answers():
            self._server.stop()
            self._later(gust, "server", [self._server.pid], self._server.go_on)

    def _to_child(self, gust: Gust) -> None:
        children = [(post, pid) for post, family in self._families(gust.fault) for pid in family]
        if not children:
            return
        post, pid = _one(children, gust.choice)
        if gust.fault is Fault.CHILD:
            self._note(gust.fault, [pid])
            send([pid], signal.SIGKILL)
        else:
            self._stop(gust, post, [pid])

    def _to_supervisor(self, gust: Gust) -> None:
        families = self._families(gust.fault)
        if not families:
            return
        post, family = _one(families, gust.choice)
        match gust.fault:
            case Fault.SUPERVISOR:
                self._kill(gust.fault, post, family)
            case Fault.STOP_SUPERVISOR:
                self._stop(gust, post, [post.pid])
            case Fault.STOP_ALL:
                self._stop(gust, post, [post.pid, *family])
            case _:
                self._hinder(gust, post, family)

    def _families(self, fault: Fault) -> list[tuple[Post, list[int]]]:
        """Give the supervisors that this may happen to: all may be killed, the stopped and cut off, too."""
        children = self._fleet.children()
        return [
            (post, children[post.pid])
            for post in self._fleet.supervisors
            if post.pid in children and (fault in KILLS or post.name not in self._busy)
        ]

    def _kill(self, fault: Fault, post: Post, family: list[int]) -> None:
        if post.alive:
            self._note(fault, [post.pid, *family])
            post.kill()

    def _stop(self, gust: Gust, post: Post, pids: list[int]) -> None:
        send(pids, signal.SIGSTOP)
        self._later(gust, post.name, pids, lambda: send(pids, signal.SIGCONT))

    def _hinder(self, gust: Gust, post: Post, family: list[int]) -> None:
        if gust.fault is Fault.PARTITION:
            post.proxy.blackhole()
        else:
            post.proxy.delay(SLOWEST_S * gust.for_share, SLOWEST_S * gust.for_share)
        self._later(gust, post.name, [post.pid, *family], post.proxy.heal)

    def _later(self, gust: Gust, name: str, pids: list[int], end: Callable[[], None]) -> None:
        least, most = PAUSE_S
        until = time.monotonic() + least + (most - least) * gust.for_share
        self._busy.add(name)

        def over() -> None:
            self._busy.discard(name)
            end()

        heapq.heappush(self._to_end, (until, next(self._numbers), over))
        self._note(gust.fault, pids, until)

    def _note(self, fault: Fault, pids: list[int], until: float | None = None) -> None:
        now = time.monotonic()
        self.done.append(Done(at=now, fault=fault, pids=pids, until=now if until is None else until))


def _one(of: list[_T], choice: float) -> _T:
    return of[int(choice * len(of))]
