"""The side of a sharded queue that workers use."""

import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence

import msgspec
from msgspec import structs

from judgeline.queues.engine import Consumer, Ending, Renewal, Ticked
from judgeline.queues.errors import QueueUnavailable
from judgeline.queues.job import Claim, JobState
from judgeline.queues.keys import Keys
from judgeline.queues.options import QueueOptions
from judgeline.queues.rules import known_priorities
from judgeline.queues.sharded.shards import Shards
from judgeline.queues.sharded.split import shard_names, shard_of
from judgeline.queues.sharded.unsaid import Unsaid
from judgeline.queues.sharded.waiting import Marker, first_readable, left

STAY_S = 0.02
"""How long a worker takes its next jobs from the shard it is at, in the round trip of the finish, before it
looks at the others: short jobs are taken many at a time, long ones from each shard in turn."""


class _Place(msgspec.Struct, frozen=True):
    """What a worker took last, and where."""

    index: int
    sequence: int
    job: str
    held: bool = True


class ShardedConsumer:
    """A queue in parts, for workers. Not to be shared between threads."""

    def __init__(
        self, name: str, options: QueueOptions, shards: Sequence[Consumer], markers: Sequence[Marker]
    ) -> None:
        self._name = name
        self._options = options
        self._shards = Shards(name, shards)
        self._markers = markers
        self._keys = [Keys(tag) for tag in shard_names(name, len(shards))]
        self._next = 0
        """Where the next round begins."""
        self._stays_until = 0.0
        self._doubts: Counter[int] = Counter()
        """Shard -> how often in a row it was asked for a job and did not answer: it may have given one."""
        self._places: dict[str, _Place] = {}
        self._unsaid = Unsaid(self._shards)

    @property
    def shards(self) -> tuple[Consumer, ...]:
        """Its parts, each a queue by itself."""
        return self._shards.all

    def claim(self, worker: str, sequence: int, *, only: str | None = None) -> Claim | None:
        """Take the next job of whichever shard has one, beginning with another each time.

        A shard whose answer was lost may have handed out a job, so it is asked again, with the same number,
        before any other. Where it stays away the others are looked at: what it may have given waits on the
        backup list, and is the answer when it is back.
        """
        place = self._places.get(worker)
        if place is not None and (place.held or sequence <= place.sequence):
            claim = self._ask(place.index, worker, sequence, only)  # what it has, or a refusal
            if claim is not None or sequence <= place.sequence:
                return claim
        return self._go_round(worker, sequence, only)

    def wait(self, timeout_s: float, *, only: str | None = None) -> bool:
        """Block until work may be in any shard, at most ``timeout_s`` (<= 1)."""
        names = [only] if only else list(self._options.priorities)
        known_priorities(only, self._name, self._options)
        self._unsaid.say_what_can_be()
        deadline = time.monotonic() + min(1.0, max(0.01, timeout_s))
        while True:
            error = self._set_out(names)
            sockets = {
                index: marker.socket
                for index, marker in enumerate(self._markers)
                if marker.socket is not None
            }
            if not sockets:
                raise error or QueueUnavailable(f"queue {self._name}: no shard answers")
            ready = first_readable(sockets, left(deadline))
            woken = [index for index in ready if self._woken(index)]
            if woken:
                self._next = woken[0]
                return True
            if not ready or not left(deadline):
                return False

    def _set_out(self, names: Sequence[str]) -> QueueUnavailable | None:
        """Wait in each shard that is not away, or in all where all are."""
        error = None
        here = [index for index in range(len(self._shards)) if not self._shards.away(index)]
        for index in here or range(len(self._shards)):
            try:
                self._markers[index].ask([self._keys[index].wake(name) for name in names])
            except QueueUnavailable as failure:
                self._shards.lost(index, error := failure)
        return error

    def _woken(self, index: int) -> bool:
        try:
            return self._markers[index].answer()
        except QueueUnavailable as error:
            self._shards.lost(index, error)
            return False

    def finish(
        self, claim: Claim, ending: Ending, *, next_sequence: int | None = None, only: str | None = None
    ) -> tuple[bool, Claim | None]:
        """End an attempt; for a moment the next job comes from the same shard in the same round trip.

        Where the job's shard is away, and stays so, its ending is kept and said as soon as the shard is back,
        and the worker goes on with the others. Until then it counts as accepted.
        """
        taken = self._places.get(claim.worker)
        again = taken is not None and next_sequence is not None and next_sequence <= taken.sequence
        stays = next_sequence is not None and not again and time.monotonic() < self._stays_until
        try:
            index, (accepted, upcoming) = self._finish(claim, ending, next_sequence if stays else None, only)
        except QueueUnavailable:
            if next_sequence is None or not self._unsaid.keep(self._places_of(claim)[0], claim, ending):
                raise
            index, accepted, upcoming = 0, True, None
        if taken is not None and taken.job == claim.id:
            self._places[claim.worker] = structs.replace(taken, held=False)
        if next_sequence is None:
            return accepted, None
        if upcoming is not None:
            self._places[claim.worker] = _Place(index, next_sequence, upcoming.id)
            return accepted, upcoming
        return accepted, self.claim(claim.worker, next_sequence, only=only)

    def _finish(
        self, claim: Claim, ending: Ending, next_sequence: int | None, only: str | None
    ) -> tuple[int, tuple[bool, Claim | None]]:
        """End the attempt where its job is; gives that shard, too."""
        for index in self._places_of(claim):
            try:
                told = self._shards.ask(
                    index,
                    lambda shard: shard.finish(claim, ending, next_sequence=next_sequence, only=only),
                )
            except QueueUnavailable:
                if next_sequence is not None:
                    self._doubts[index] = max(1, self._doubts[index])
                raise
            if told[0]:
                break
        return index, told

    def progress(self, claim: Claim, note: bytes) -> bool:
        """Publish and keep a progress note (JSON)."""
        return self._at_home(claim, lambda shard: shard.progress(claim, note))

    def checkpoint(self, claim: Claim, data: bytes) -> bool:
        """Keep what the next attempt must know."""
        return self._at_home(claim, lambda shard: shard.checkpoint(claim, data))

    def crashed(self, worker: str, evidence: bytes, *, blame: bool = True) -> list[tuple[str, JobState]]:
        """Settle what a dead worker held and forget it. In a shard that is away its lease lapses."""
        self._places.pop(worker, None)
        return [
            moved
            for _, part in self._shards.ask_each(lambda shard: shard.crashed(worker, evidence, blame=blame))
            for moved in part
        ]

    def renew(self, workers: Sequence[str]) -> list[Renewal]:
        """Renew the leases of living workers in every shard.

        While a shard is away only those workers are told of whose job is in another: what the rest hold is
        not known.
        """
        parts = [part for _, part in self._shards.ask_each(lambda shard: shard.renew(workers))]
        whole = len(parts) == len(self._shards)
        renewals = (_merged(told) for told in zip(*parts, strict=True))
        return [renewal for renewal in renewals if whole or renewal.held]

    def leave(self, worker: str) -> None:
        """Forget a worker that holds nothing any more."""
        self._places.pop(worker, None)
        self._unsaid.say_what_can_be()
        for _ in self._shards.ask_each(lambda shard: shard.leave(worker)):
            pass

    def tick(self) -> Ticked:
        """Reap lapsed workers, promote due jobs, in every shard that answers."""
        parts = [ticked for _, ticked in self._shards.ask_each(lambda shard: shard.tick())]
        return Ticked(
            reaped=sum(part.reaped for part in parts),
            promoted=sum(part.promoted for part in parts),
            dead=sum(part.dead for part in parts),
            adopted=sum(part.adopted for part in parts),
        )

    def _go_round(self, worker: str, sequence: int, only: str | None) -> Claim | None:
        asked, error = False, QueueUnavailable(f"queue {self._name}: no shard answers")
        for index in self._round():
            try:
                claim = self._ask(index, worker, sequence, only)
            except QueueUnavailable as failure:
                if self._doubts[index] == 1:
                    raise
                error = failure
                continue
            asked = True
            if claim is not None:
                return claim
        if not asked:
            raise error
        return None

    def _ask(self, index: int, worker: str, sequence: int, only: str | None) -> Claim | None:
        try:
            self._unsaid.say(index)
            claim = self._shards.ask(index, lambda shard: shard.claim(worker, sequence, only=only))
        except QueueUnavailable:
            self._doubts[index] += 1
            raise
        del self._doubts[index]
        self._markers[index].followed()
        if claim is not None:
            self._places[worker] = _Place(index, sequence, claim.id)
            self._next = (index + 1) % len(self._shards)
            self._stays_until = time.monotonic() + STAY_S
            for marker in self._markers:
                marker.stop()
            for marker in self._markers:
                marker.give_back()
        return claim

    def _round(self) -> Iterator[int]:
        """Give the shards in the order to ask them: first those that may have given a job already."""
        count = len(self._shards)
        order = sorted(
            ((self._next + step) % count for step in range(count)),
            key=lambda index: 0 if self._doubts[index] else 1,
        )
        here = [index for index in order if self._doubts[index] == 1 or not self._shards.away(index)]
        return iter(here or order)

    def _places_of(self, claim: Claim) -> list[int]:
        """Where a job is: known of one that we took; of another its home first, then, by hand, anywhere."""
        place = self._places.get(claim.worker)
        if place is not None and place.job == claim.id:
            return [place.index]
        home = shard_of(claim.id, len(self._shards))
        return [home, *(other for other in range(len(self._shards)) if other != home)]

    def _at_home(self, claim: Claim, what: Callable[[Consumer], bool]) -> bool:
        return any(self._shards.ask(index, what) for index in self._places_of(claim))


def _merged(told: Sequence[Renewal]) -> Renewal:
    """What the shards say of one worker: each that it took a job of knows it, all after the first renewal."""
    return Renewal(
        worker=told[0].worker,
        known=any(one.known for one in told),
        held=[job for one in told for job in one.held],
        cancelling=[job for one in told for job in one.cancelling],
    )
