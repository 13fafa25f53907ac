"""What a supervisor owes the queue: leases, ticks, dead children's jobs. It survives Redis being gone."""

import contextlib
import time
from collections.abc import Callable
from typing import TypeVar

from msgspec import structs

from judgeline.queues.engine import Consumer, Ticked
from judgeline.queues.errors import QueueUnavailable
from judgeline.queues.job import Claim
from judgeline.queues.rules import MAX_BATCH
from judgeline.queues.troubles import Troubles
from workers import log
from workers.brood import Brood
from workers.control import Lost
from workers.death import Death, Sentence
from workers.process import ChildProcess
from workers.timekeeper import Timekeeper

_T = TypeVar("_T")

TICKS = 20
"""Ticks in a row, a hundred jobs each: a supervisor has more to do than to promote."""


class Duties:
    """The supervisor's conversation with the queue."""

    def __init__(
        self, consumer: Consumer, troubles: Troubles, supervisor: str, keeper: Timekeeper | None = None
    ) -> None:
        self._consumer = consumer
        self._keeper = keeper
        self._troubles = troubles
        self._supervisor = supervisor
        self._unsettled: list[Death] = []
        self._said = ""
        self._away_since: float | None = None

    def use(self, consumer: Consumer, keeper: Timekeeper | None = None) -> None:
        """Speak to the queue as another consumer does, and keep other schedules: settings have changed."""
        self._consumer = consumer
        self._keeper = keeper

    @property
    def unsettled(self) -> int:
        """Dead children whose jobs the queue has not been told of yet."""
        return len(self._unsettled)

    @property
    def away(self) -> bool:
        """Whether the queue could not be reached the last time."""
        return self._away_since is not None

    def settle(self, deaths: list[Death]) -> None:
        """Tell the queue of these deaths now; where it was away the last time, with the next duties.

        Each try with a server that is silent costs seconds, and there may be a death for each child.
        """
        self._unsettled += deaths
        if deaths and not self.away:
            self._ask(self._settle_all)

    def perform(self, brood: Brood) -> None:
        """Do what is due: renew first (a tick would reap what lapsed while Redis was away), then the rest."""
        self._ask(lambda: self._perform(brood))
        if self._keeper is not None and not self.away:
            self._keeper.keep()

    def forget(self, child: ChildProcess) -> None:
        """Take a child that claims nothing off the list of the living."""
        self._ask(lambda: self._consumer.leave(child.worker))

    def _perform(self, brood: Brood) -> None:
        self._renew(brood)
        with contextlib.suppress(QueueUnavailable):  # one shard may be away: the tick says whether all is
            self._settle_all()
        moved = self._tick()
        if moved.reaped or moved.dead or moved.adopted:
            log.moved(moved.reaped, moved.promoted, moved.dead, moved.adopted)
        self._report(next((child.trouble for child in brood if child.trouble), ""))

    def _tick(self) -> Ticked:
        """Tick, and again while it promotes all it may: what is due at one moment may be many."""
        sums = [0, 0, 0, 0]
        for _ in range(TICKS):
            moved = structs.astuple(self._consumer.tick())
            sums = [one + other for one, other in zip(sums, moved, strict=True)]
            if moved[1] < MAX_BATCH:
                break
        reaped, promoted, dead, adopted = sums
        return Ticked(reaped=reaped, promoted=promoted, dead=dead, adopted=adopted)

    def _renew(self, brood: Brood) -> None:
        children = {child.worker: child for child in brood if child.ready}
        if not children:
            return
        seen = {name: child.now() for name, child in children.items()}
        for renewal in self._consumer.renew(list(children)):
            child, hand = children[renewal.worker], seen[renewal.worker]
            if hand.job and hand.steady and hand.job not in renewal.held:
                # Finished since we looked, or reaped: the child knows which by the attempt.
                child.tell(Lost(hand.job, hand.attempt))
                if not renewal.known:
                    log.lease_lost(child.worker)
            brood.confront(child, hand, list(renewal.held), time.monotonic())
            for job in renewal.cancelling:
                brood.cancel(child, job, time.monotonic())

    def _settle_all(self) -> None:
        """Settle them until one cannot be: the next time another is the first, for its shard may answer."""
        while self._unsettled:
            death = self._unsettled.pop(0)
            try:
                self._settle(death)
            except QueueUnavailable:
                self._unsettled.append(death)
                raise

    def _settle(self, death: Death) -> None:
        if death.sentence is not None:
            self._execute(death, death.sentence)
        for job, state in self._consumer.crashed(death.worker, death.evidence(), blame=not death.expected):
            log.job_settled(job, state)

    def _execute(self, death: Death, sentence: Sentence) -> None:
        """End the attempt a child was killed for; refused where the child had ended it itself by then."""
        claim = Claim(
            id=sentence.job,
            worker=death.worker,
            attempt=sentence.attempt,
            crashes=0,
            priority="",
            user="",
            payload=b"",
        )
        self._consumer.finish(claim, structs.replace(sentence.ending, evidence=death.evidence()))

    def _report(self, reason: str) -> None:
        if reason:
            self._troubles.report(self._supervisor, reason)
        elif self._said:
            self._troubles.clear(self._supervisor)
        self._said = reason

    def _ask(self, what: Callable[[], _T]) -> _T | None:
        try:
            answer = what()
        except QueueUnavailable as error:
            if self._away_since is None:
                self._away_since = time.monotonic()
                log.queue_away(str(error))
            return None
        if self._away_since is not None:
            log.queue_back(time.monotonic() - self._away_since)
            self._away_since = None
        return answer
