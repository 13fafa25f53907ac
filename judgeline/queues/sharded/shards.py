"""The shards of one process, and which of them are away.

A shard whose server does not answer costs whoever asks it a second or more. So it is left out for a moment,
and the others go on; only when none answers is the queue unavailable.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Generic, TypeVar

import structlog

from judgeline.queues.errors import QueueUnavailable

AWAY_S = (0.5, 1.0, 2.0)
"""How long a shard that did not answer is left out, the first time, the second, and from then on; seconds."""

Shard = TypeVar("Shard")
_T = TypeVar("_T")
_P = TypeVar("_P")
log = structlog.get_logger()


class Shards(Generic[Shard]):
    """Engines or consumers of one queue, by number. Threads may share it."""

    def __init__(self, queue: str, shards: Sequence[Shard]) -> None:
        self.all = tuple(shards)
        self._queue = queue
        self._back_at: dict[int, float] = {}
        self._failures: Counter[int] = Counter()

    def __len__(self) -> int:
        return len(self.all)

    def away(self, index: int) -> bool:
        """Whether the shard did not answer a moment ago."""
        return self._back_at.get(index, 0.0) > time.monotonic()

    def lost(self, index: int, error: Exception) -> None:
        """Note that the shard did not answer."""
        if not self._failures[index]:
            log.warning("shard away, the others go on", queue=self._queue, shard=index, error=str(error))
        self._back_at[index] = time.monotonic() + AWAY_S[min(self._failures[index], len(AWAY_S) - 1)]
        self._failures[index] += 1

    def heard(self, index: int) -> None:
        """Note that the shard answers."""
        if self._back_at and self._back_at.pop(index, None) is not None:
            del self._failures[index]
            log.info("shard back", queue=self._queue, shard=index)

    def ask(self, index: int, what: Callable[[Shard], _T]) -> _T:
        """Ask one shard, whatever is known of it. Raises what it raises."""
        try:
            answer = what(self.all[index])
        except QueueUnavailable as error:
            self.lost(index, error)
            raise
        self.heard(index)
        return answer

    def ask_parts(self, parts: Mapping[int, _P], what: Callable[[Shard, _P], _T]) -> dict[int, _T]:
        """Ask the shards named, each about its part. Raises the first error, after all were asked."""
        answers: dict[int, _T] = {}
        error: Exception | None = None
        for index, part in parts.items():
            try:
                answers[index] = self.ask(index, partial(_swapped, what, part))
            except Exception as failure:  # noqa: BLE001 - whatever one shard says, the others get theirs
                error = error or failure
        if error is not None:
            raise error
        return answers

    def ask_each(self, what: Callable[[Shard], _T]) -> Iterator[tuple[int, _T]]:
        """Ask all that are not away, and give what those said that answered.

        Raises QueueUnavailable where none does. Where all are away, all are asked.
        """
        answered, error = False, QueueUnavailable(f"queue {self._queue}: no shard answers")
        here = [index for index in range(len(self.all)) if not self.away(index)]
        for index in here or range(len(self.all)):
            try:
                answer = self.ask(index, what)
            except QueueUnavailable as failure:
                error = failure
            else:
                answered = True
                yield index, answer
        if not answered:
            raise error

    def ask_all(self, what: Callable[[Shard], _T]) -> list[_T]:
        """Ask every shard and give each answer. Raises the last QueueUnavailable, after all were asked."""
        answers, error = [], None
        for index in range(len(self.all)):
            try:
                answers.append(self.ask(index, what))
            except QueueUnavailable as failure:
                error = failure
        if error is not None:
            raise error
        return answers


def _swapped(what: Callable[[Shard, _P], _T], part: _P, shard: Shard) -> _T:
    return what(shard, part)
