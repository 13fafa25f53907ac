"""The side of a queue that workers use: take jobs, end them, keep them alive."""

import random
from collections.abc import Callable, Sequence
from typing import Any

import structlog
from redis import Redis

from judgeline.queues.engine import Ending, Renewal, Ticked
from judgeline.queues.job import Claim, JobState
from judgeline.queues.keys import Keys
from judgeline.queues.lists.guard import SERVER_ERRORS, server_errors, unavailable
from judgeline.queues.lists.replies import claim_from, text_of
from judgeline.queues.lists.scripts import Scripts
from judgeline.queues.lists.settings import settings_of
from judgeline.queues.options import QueueOptions
from judgeline.queues.rules import (
    check_checkpoint,
    check_progress,
    check_result,
    fitting_evidence,
    fitting_reason,
    known_priorities,
    retry_delay_ms,
)
from judgeline.queues.wire import Wire

log = structlog.get_logger()


class ListsConsumer:
    """A queue on Redis lists, for workers.

    ``blocking_client`` is used by ``wait`` alone. ``chance`` gives the jitter of retries, in [0, 1). ``tag``
    is the hash tag of the keys, the queue's name unless it is one shard of a queue.
    """

    def __init__(  # noqa: PLR0913 - what it works on, and two things that tests and shards set
        self,
        client: Redis,
        blocking_client: Redis,
        name: str,
        options: QueueOptions,
        *,
        chance: Callable[[], float] = random.random,
        tag: str = "",
    ) -> None:
        self._blocking = Wire(blocking_client)
        self._name = name
        self._options = options
        self._keys = Keys(tag or name)
        self._scripts = Scripts(client, self._keys.prefix, settings_of(options))
        self._chance = chance
        self._confirmed = True

    def claim(self, worker: str, sequence: int, *, only: str | None = None) -> Claim | None:
        """Take the next job into the worker's backup list, or None when none may be taken."""
        return claim_from(worker, self._run("claim", worker, sequence, self._only(only)))

    def wait(self, timeout_s: float, *, only: str | None = None) -> bool:
        """Block until work may be there, at most ``timeout_s`` (<= 1).

        Claim afterwards whatever it says: what was LPUSHed by hand wakes nobody, and a marker may have died
        with whoever popped it.
        """
        only = self._only(only)
        markers = [self._keys.wake(name) for name in ([only] if only else self._options.priorities)]
        with server_errors(self._name):
            return self._blocking.call_once("BZPOPMIN", *markers, min(1.0, max(0.01, timeout_s))) is not None

    def finish(
        self, claim: Claim, ending: Ending, *, next_sequence: int | None = None, only: str | None = None
    ) -> tuple[bool, Claim | None]:
        """End an attempt, and with ``next_sequence`` claim the next job in the same round trip."""
        check_result(ending.result)
        accepted, reply = self._finish(
            claim.worker,
            claim.id,
            claim.attempt,
            ending.kind.value,
            ending.result,
            fitting_reason(ending.reason),
            fitting_evidence(ending.evidence),
            retry_delay_ms(claim, ending, self._options.backoff_s, self._chance()),
            "" if next_sequence is None else next_sequence,
            self._only(only),
        )
        return bool(accepted), claim_from(claim.worker, reply)

    def _finish(self, *arguments: str | bytes | int) -> Any:
        """Run FINISH. A replica that does not confirm it is no reason to stop.

        The job has ended here. Only if the primary is lost as well before a replica has that, the job runs
        again, as it does when its worker dies; whereas children that wait for a replica would make its loss
        an outage.
        """
        if self._options.durability != "replica":
            return self._run("finish", *arguments)
        with server_errors(self._name):
            reply, confirmed = self._scripts.run_confirmed("finish", *arguments)
        if confirmed is not self._confirmed:
            self._confirmed = confirmed
            if confirmed:
                log.info("a replica confirms again", queue=self._name)
            else:
                log.warning("no replica confirms what ends, going on", queue=self._name)
        return reply

    def progress(self, claim: Claim, note: bytes) -> bool:
        """Publish and keep a progress note (JSON)."""
        check_progress(note)
        return self._keep(claim, "progress", note)

    def checkpoint(self, claim: Claim, data: bytes) -> bool:
        """Keep what the next attempt must know."""
        check_checkpoint(data)
        return self._keep(claim, "checkpoint", data)

    def _keep(self, claim: Claim, field: str, value: bytes) -> bool:
        return bool(self._run("keep", claim.worker, claim.id, claim.attempt, field, value))

    def crashed(self, worker: str, evidence: bytes, *, blame: bool = True) -> list[tuple[str, JobState]]:
        """Settle what a dead worker held and forget it."""
        moved = self._run("crashed", worker, fitting_evidence(evidence), "crashes" if blame else "released")
        return [(text_of(job_id), JobState(state.decode())) for job_id, state in moved]

    def renew(self, workers: Sequence[str]) -> list[Renewal]:
        """Renew the leases of living workers (and make those of new ones)."""
        if not workers:
            return []
        return [
            Renewal(
                worker=worker,
                known=bool(known),
                held=[text_of(job_id) for job_id in held],
                cancelling=[text_of(job_id) for job_id in cancelling],
            )
            for worker, (known, held, cancelling) in zip(workers, self._run("renew", *workers), strict=True)
        ]

    def leave(self, worker: str) -> None:
        """Forget a worker that holds nothing any more."""
        self._run("leave", worker)

    def tick(self) -> Ticked:
        """Reap lapsed workers, promote due jobs."""
        reaped, promoted, dead, adopted = self._run("tick")
        return Ticked(reaped=reaped, promoted=promoted, dead=dead, adopted=adopted)

    def _only(self, only: str | None) -> str:
        return "" if only is None else known_priorities(only, self._name, self._options)[0]

    def _run(self, script: str, *arguments: str | bytes | int) -> Any:
        try:  # what ``server_errors`` does, without the microsecond that a context costs
            return self._scripts.run(script, *arguments)
        except SERVER_ERRORS as error:
            raise unavailable(self._name, error) from error
