"""The steps of a drain: running jobs may end, then they are put back, then what does not obey is killed."""

import os
from enum import IntEnum

from judgeline import parent

_GRACE_S = 30.0
_HONCHO_GRACE_S = 2.5
_OBEY_S = 1.0
_SETTLE_S = 0.5


class Step(IntEnum):
    """What a drain has come to."""

    FINISHING = 0
    """Jobs in hand may end."""
    RELEASING = 1
    """Children were told to put their jobs back."""
    KILLING = 2
    """Those that did not are killed."""
    GIVING_UP = 3
    """The queue cannot be told; the leases will lapse."""


def grace_s() -> float:
    """Give how long running jobs may go on in a drain, seconds: honcho kills five after its first TERM."""
    return _HONCHO_GRACE_S if os.environ.get(parent.VARIABLE) else _GRACE_S


class Drain:
    """When each step begins. Times are ``time.monotonic()``."""

    def __init__(self, now: float, grace_s: float) -> None:
        self.step = Step.FINISHING
        self._began = now
        self._release_at = now + grace_s

    def hurry(self, now: float) -> None:
        """Do not wait for the running jobs any more."""
        self._release_at = min(self._release_at, now)

    def due(self) -> float:
        """When the next step begins; infinity after the last."""
        starts = (
            self._release_at,
            self._release_at + _OBEY_S,
            self._release_at + _OBEY_S + _SETTLE_S,
            float("inf"),
        )
        return starts[self.step]

    def advance(self, now: float) -> Step | None:
        """Give the step that begins now, if one does."""
        if now < self.due():
            return None
        self.step = Step(self.step + 1)
        return self.step
