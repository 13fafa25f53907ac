"""What a handler may do while it runs: the worker's side of ``judgeline.queues.handler.Context``."""

import time
from collections.abc import Callable

from judgeline.queues.engine import Consumer
from judgeline.queues.errors import QueueUnavailable
from judgeline.queues.handler import Cancelled
from judgeline.queues.job import MAX_PROGRESS_BYTES, Claim
from workers.interrupts import Cause, Interrupts
from workers.slot import Slot

_EVERY_S = 0.02
_AGAIN_S = 0.2


class WorkContext:
    """The context of one attempt."""

    def __init__(
        self, claim: Claim, consumer: Consumer, slot: Slot, interrupts: Interrupts, timeout_s: float
    ) -> None:
        self._claim = claim
        self._consumer = consumer
        self._slot = slot
        self._interrupts = interrupts
        self._latest = time.monotonic() + timeout_s
        self._next_note = 0.0
        self._stage = self._said_stage = ""

    def progress(self, note: bytes) -> None:
        """Publish a note, at most one in 20 ms (then the round trips cost a hundredth of the work).

        The first of a new stage goes out at once: it may be the last for long.
        Raises Cancelled, and ValueError for a note over MAX_PROGRESS_BYTES. A note that Redis cannot take now
        is dropped: the next one says more.
        """
        if len(note) > MAX_PROGRESS_BYTES:
            raise ValueError(f"a progress note of {len(note)} bytes is over {MAX_PROGRESS_BYTES}")
        now = time.monotonic()
        if now < self._next_note and self._stage == self._said_stage:
            return
        self._said_stage = self._stage
        self._next_note = now + _EVERY_S
        try:
            self._say(lambda: self._consumer.progress(self._claim, note))
        except QueueUnavailable:
            self._next_note = now + 1

    def checkpoint(self, data: bytes) -> None:
        """Keep what the next attempt must know; waits for Redis where it is away, to the time limit at most.

        Going on without it would do again what was done (a mail sent twice). Raises Cancelled.
        """
        while True:
            try:
                self._say(lambda: self._consumer.checkpoint(self._claim, data))
            except QueueUnavailable:
                time.sleep(_AGAIN_S)
            else:
                return

    def stage(self, stage: str, test: int = 0) -> None:
        """Note where we are, in shared memory."""
        self._stage = stage
        self._slot.note(stage, test)

    def limit(self, seconds: float) -> None:
        """Set this attempt's time limit, counted from now; the queue's own stays the latest."""
        self._slot.limit(min(self._latest, time.monotonic() + seconds))

    def _say(self, ask: Callable[[], bool]) -> None:
        """Speak to the queue without being torn out of it. Raises Cancelled where it says no."""
        held = self._interrupts.hold()
        try:
            ours = ask()
            if not ours and self._interrupts.cause in (None, Cause.TIME):
                self._interrupts.cause = Cause.CANCEL
        finally:
            self._interrupts.release(held=held)
        if not ours:
            raise Cancelled("cancelled, or not ours any more")
