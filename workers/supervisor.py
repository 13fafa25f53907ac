"""The supervisor of one queue on this machine: one thread, one loop, no job of its own.

It forks the children, renews their leases, sees them die and settles what they held, keeps their time limits,
and drains on SIGTERM, SIGINT, a hang-up, or when the process manager above it has gone. SIGTTIN and SIGTTOU
scale and SIGHUP reloads, as with gunicorn.
"""

import gc
import os
import selectors
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass

import msgspec

from judgeline.queues.engine import Consumer
from judgeline.terminal import Terminal
from workers import log
from workers.brood import Brood
from workers.control import Ready, Unfit
from workers.drain import Drain, Step
from workers.duties import Duties
from workers.process import ChildProcess, Life
from workers.signals import Signals
from workers.timekeeper import Timekeeper

_STOPS = {signal.SIGTERM: "SIGTERM", signal.SIGINT: "SIGINT"}


class SupervisorOptions(msgspec.Struct, frozen=True, kw_only=True):
    """Who a supervisor is; this stays for as long as it lives."""

    name: str
    """Unlike any other's, ever: workers are named after it."""
    grace_s: float
    """How long running jobs may go on in a drain, seconds."""
    only: str | None = None


@dataclass(frozen=True)
class Work:
    """What a supervisor has its children do; a reload brings another."""

    processes: int
    lease_s: float
    warning_s: float
    """How long before its time limit a job is told."""
    consumer: Consumer
    life: Life
    keeper: Timekeeper | None = None


class Supervisor:
    """Runs until drained.

    ``parent`` is a descriptor that turns readable when the process manager has gone; ``forget`` closes, in a
    new child, what belongs to ``duties``. ``reload`` gives the work as the settings say it now, or None where
    they cannot be followed.
    """

    def __init__(  # noqa: PLR0913 - who it is, what it does, and what it hears
        self,
        options: SupervisorOptions,
        work: Work,
        duties: Duties,
        *,
        parent: int | None,
        forget: Callable[[], None],
        reload: Callable[[], Work | None],
    ) -> None:
        self._options = options
        self._work = work
        self._parent = parent
        self._forget = forget
        self._reload = reload
        self._signals = Signals()
        self._terminal = Terminal()
        self._brood = Brood(options.name, work.processes, work.life, self._let_go, warning_s=work.warning_s)
        self._duties = duties
        self._next_beat = 0.0
        self._drain: Drain | None = None

    def run(self) -> None:
        """Work until drained and the last child is gone."""
        gc.collect()
        gc.freeze()  # a collection in a child would touch, and so copy, every page it shares with us
        log.supervisor_started(self._options.name, self._work.processes, self._options.only)
        with self._signals:
            while not self._over():
                self._step(time.monotonic())
                self._listen(min(self._due()) - time.monotonic())
                self._duties.settle(self._brood.reap())
        if self._parent is not None:
            os.close(self._parent)
        log.supervisor_stopped(self._duties.unsettled)

    def _over(self) -> bool:
        if self._drain is None or len(self._brood):
            return False
        finished = self._duties.unsettled == 0 and not self._brood.orphaned
        return finished or self._drain.step is Step.GIVING_UP

    def _step(self, now: float) -> None:
        """Do what is due."""
        self._brood.enforce(now)
        self._brood.grow(now)
        if self._drain is not None:
            begun = self._drain.advance(now)
            if begun is Step.RELEASING:
                self._brood.release()
            elif begun is Step.KILLING:
                self._brood.kill()
        if now >= self._next_beat:
            self._brood.remind()
            self._duties.perform(self._brood)
            self._next_beat = time.monotonic() + self._beat_s()

    def _beat_s(self) -> float:
        """How often to renew: the answer also brings the cancels, so more often than the lease needs."""
        return min(1.0, self._work.lease_s / 3)

    def _due(self) -> list[float]:
        drain = self._drain.due() if self._drain is not None else float("inf")
        return [self._next_beat, self._brood.due(), drain]

    def _listen(self, timeout_s: float) -> None:
        """Wait for a signal, a child's word or output, or the parent's end; at most so long."""
        with selectors.PollSelector() as selector:  # no descriptor of its own that a child would inherit
            selector.register(self._signals, selectors.EVENT_READ)
            if self._parent is not None and self._drain is None:
                selector.register(self._parent, selectors.EVENT_READ)
            for child in self._brood:
                selector.register(child.channel, selectors.EVENT_READ, child)
                if child.errors >= 0:
                    selector.register(child.errors, selectors.EVENT_READ, child)
            for key, _ in selector.select(max(0.0, timeout_s)):
                if key.fd == self._parent:
                    self._stop("the process manager is gone")
                elif isinstance(key.data, ChildProcess):
                    key.data.listen()
                    self._hear(key.data)
        self._obey(self._signals.read())

    def _hear(self, child: ChildProcess) -> None:
        for message in child.channel.receive():
            if isinstance(message, Ready):
                child.ready, child.trouble = True, ""
                log.child_ready(child.worker)
            elif isinstance(message, Unfit):
                if message.reason != child.trouble:
                    log.child_unready(child.worker, message.reason)
                if child.ready:
                    self._duties.forget(child)
                child.ready, child.trouble = False, message.reason
            self._next_beat = 0.0  # a lease, or the reason, stands in Redis at once

    def _obey(self, numbers: set[int]) -> None:
        for number, reason in _STOPS.items():
            if number in numbers:
                self._stop(reason, again=number == signal.SIGINT)
        if signal.SIGHUP in numbers and self._terminal.gone:
            self._stop("SIGHUP: the terminal is gone")
        if self._drain is None:
            if signal.SIGHUP in numbers:
                self._follow(self._reload())
            self._brood.scale((signal.SIGTTIN in numbers) - (signal.SIGTTOU in numbers))

    def _follow(self, work: Work | None) -> None:
        """Have children that do this work take over; those there are leave after their job."""
        if work is not None:
            self._work = work
            self._duties.use(work.consumer, work.keeper)
            self._brood.replace(work.processes, work.life, work.warning_s)
            self._next_beat = 0.0

    def _stop(self, reason: str, *, again: bool = False) -> None:
        """Drain: no new claims from now on. A second Ctrl-C does not wait for the running jobs any more."""
        now = time.monotonic()
        if self._drain is None:
            log.supervisor_draining(reason, self._brood.busy, self._options.grace_s)
            self._drain = Drain(now, self._options.grace_s)
            self._brood.dismiss()
        elif again:
            self._drain.hurry(now)

    def _let_go(self) -> None:
        """In a new child: close what is the supervisor's alone."""
        self._signals.drop()
        if self._parent is not None:
            os.close(self._parent)
        self._forget()
