"""Looking for what is wrong with a queue, and mending it while it works.

A survey reads everything, a page at a time. What looked wrong twice is looked at again by the script AUDIT,
which sees it in one step, so a job that is merely in motion is never told of; REPAIR mends in such a step.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import msgspec
from redis import Redis

from judgeline.queues.keys import Keys
from judgeline.queues.lists.audit.survey import Survey, Surveyor, Suspect
from judgeline.queues.lists.guard import server_errors
from judgeline.queues.lists.replies import text_of
from judgeline.queues.lists.scripts import Scripts
from judgeline.queues.lists.settings import settings_of
from judgeline.queues.options import QueueOptions

BETWEEN_S = 1.0
"""Between two surveys: what is in motion has arrived by then."""

_ORDER = ("worker", "list", "line", "job", "running", "turns", "depth")
"""A worker without a lease first, or what it holds would be taken for lost; counters last: they count all."""
_AT_ONCE = {"job": 20, "running": 20, "turns": 5, "list": 1, "line": 1, "worker": 100}
"""How many of a kind one call looks at: a job may be sought on long lists."""
_LEFT_OUT = "left out: "
"""How a script begins when there was too much to look at in one step."""
_PASSES = 3
"""Surveys that mend: one fault may hide another."""


class Fault(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that is wrong."""

    kind: str
    """"job", "turns" (a user's place in the round), "worker", "list" and "line" (of a priority that
    queues.toml does not name), "depth" (counters) or "key" (one that no queue has)."""
    name: str
    what: str
    mended: bool = False


class Audit(msgspec.Struct, frozen=True, kw_only=True):
    """How a queue was found."""

    queue: str
    jobs: int
    """Jobs whose hashes were read."""
    faults: list[Fault]
    left_out: list[Fault] = []
    """What could not be looked at, and why: no faults."""

    @property
    def unmended(self) -> list[Fault]:
        """The faults that are still there."""
        return [fault for fault in self.faults if not fault.mended]


class Auditor:
    """Audits one queue of engine "lists". Each verb raises QueueUnavailable where the server is away."""

    def __init__(
        self, client: Redis, queue: str, options: QueueOptions, *, between_s: float = BETWEEN_S
    ) -> None:
        self._client = client
        self._queue = queue
        self._between_s = between_s
        self._lightest = min(options.priorities, key=lambda name: options.priorities[name].weight)
        self._scripts = Scripts(client, Keys(queue).prefix, settings_of(options))
        self._surveyor = Surveyor(client, Keys(queue).prefix, options.priorities)

    def look(self) -> Audit:
        """Give all faults; changes nothing."""
        with server_errors(self._queue):
            survey = self._survey()
            found = list(self._examine("audit", survey, self._lightest))
        faults = [*self._strange(survey), *(fault for fault in found if not _is_left_out(fault))]
        left_out = [fault for fault in found if _is_left_out(fault)]
        return Audit(queue=self._queue, jobs=survey.jobs, faults=faults, left_out=left_out)

    def mend(self, *, to: str | None = None, told: Callable[[Fault], None] = lambda _fault: None) -> Audit:
        """Mend what can be mended, and give it with what cannot; ``told`` hears of each as it is mended.

        Jobs of a priority that queues.toml does not name go to the priority ``to``, or the lightest one.
        """
        mended: list[Fault] = []
        target = to or self._lightest
        with server_errors(self._queue):
            for _ in range(_PASSES):
                found = 0
                for fault in self._examine("repair", self._survey(), target):
                    found += fault.mended
                    if fault.mended:
                        mended.append(fault)
                        told(fault)
                if not found:
                    break
            left = self.look()
        return msgspec.structs.replace(left, faults=mended + left.faults)

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _survey(self) -> Survey:
        """What looks wrong twice."""
        survey = self._surveyor.survey()
        if survey.suspects:
            time.sleep(self._between_s)
            again = self._surveyor.survey()
            again.suspects &= survey.suspects
            return again
        return survey

    def _strange(self, survey: Survey) -> list[Fault]:
        return [Fault(kind="key", name=name, what="a key that no queue has") for name in survey.strange]

    def _examine(self, script: str, survey: Survey, target: str) -> Iterator[Fault]:
        """What is wrong with the suspects; the last jobs first: each that is put back goes before others."""
        suspects = sorted(
            survey.suspects, key=lambda one: (survey.came_ms.get(one.name, 0), one), reverse=True
        )
        for kind in _ORDER:
            if kind == "depth":
                yield from self._examine_counters(script, target)
                continue
            for batch in _batches([one for one in suspects if one.kind == kind], _AT_ONCE[kind]):
                yield from self._examine_batch(script, batch, target)

    def _examine_counters(self, script: str, target: str) -> Iterator[Fault]:
        """Count in one step; where there is too much for one, page by page: it holds if nothing moved."""
        for fault in self._examine_batch(script, [Suspect("depth", "")], target):
            if not _is_left_out(fault):
                yield fault
                continue
            [[[mark, _]]] = self._scripts.run("audit", target, "mark", "")
            counted = msgspec.json.encode(self._surveyor.count()).decode()
            name = f"{text_of(mark)} {counted}"
            for counted_fault in self._examine_batch(script, [Suspect("depth", name)], target):
                yield msgspec.structs.replace(counted_fault, name="")

    def _examine_batch(self, script: str, batch: Sequence[Suspect], target: str) -> Iterator[Fault]:
        pairs = [part for suspect in batch for part in (suspect.kind, suspect.name)]
        answers: list[Any] = self._scripts.run(script, target, *pairs)
        for suspect, found in zip(batch, answers, strict=True):
            for what, left in found:
                if script == "repair" and left:
                    self._move_rest(suspect, target)
                text = text_of(what)
                mended = script == "repair" and not text.startswith(_LEFT_OUT)
                yield Fault(kind=suspect.kind, name=suspect.name, what=text, mended=mended)

    def _move_rest(self, suspect: Suspect, target: str) -> None:
        """Repeat what one call only does a part of."""
        while any(left for _, left in self._scripts.run("repair", target, suspect.kind, suspect.name)[0]):
            pass


def _is_left_out(fault: Fault) -> bool:
    return fault.what.startswith(_LEFT_OUT)


def _batches(suspects: list[Suspect], size: int) -> Iterator[list[Suspect]]:
    for start in range(0, len(suspects), size):
        yield suspects[start : start + size]
