"""Endings that a worker could not say, because the shard of its job is away: kept until it is back.

They live in the worker's memory alone. Should it die first, its lease in that shard lapses and the job runs
again, as that of any worker that dies.
"""

import structlog

from judgeline.queues.engine import Consumer, Ending
from judgeline.queues.errors import QueueUnavailable
from judgeline.queues.job import Claim
from judgeline.queues.sharded.shards import Shards

TRIES = 2
"""How often an ending is refused before it is kept: a connection that broke is no shard that is away."""

log = structlog.get_logger()


class Unsaid:
    """The endings that one worker owes, at most one a shard: it holds one job in each."""

    def __init__(self, shards: Shards[Consumer]) -> None:
        self._shards = shards
        self._owed: dict[int, tuple[Claim, Ending]] = {}
        self._tried: tuple[str, int, int] = ("", 0, 0)

    def keep(self, index: int, claim: Claim, ending: Ending) -> bool:
        """Keep an ending that the shard did not answer to, or say no: it is to be tried once more."""
        job, attempt, tries = self._tried
        tries = tries + 1 if (job, attempt) == (claim.id, claim.attempt) else 1
        self._tried = (claim.id, claim.attempt, tries)
        if tries < TRIES or index in self._owed or len(self._shards) - len(self._owed) < 2:
            return False
        self._owed[index] = (claim, ending)
        log.warning("ending kept until its shard is back", job=claim.id, shard=index)
        return True

    def say(self, index: int) -> None:
        """Say what is owed to a shard. Raises QueueUnavailable where it is still away."""
        owed = self._owed.get(index)
        if owed is None:
            return
        accepted, _ = self._shards.ask(index, lambda shard: shard.finish(*owed))
        del self._owed[index]
        if not accepted:
            log.warning("late finish refused", job=owed[0].id, attempt=owed[0].attempt)

    def say_what_can_be(self) -> None:
        """Say what is owed to shards that are not known to be away."""
        for index in [one for one in self._owed if not self._shards.away(one)]:
            try:
                self.say(index)
            except QueueUnavailable:
                continue
