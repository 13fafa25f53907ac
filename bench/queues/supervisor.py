"""``python -m bench.queues.supervisor``: the real supervisor, with the bench's handler.

It stands in the place of the no-op handler and does what the peers' tasks do; nothing else differs from
``python -m workers``.
"""

from bench.queues import marks
from judgeline.queues.handler import Context, Handler
from judgeline.queues.job import Claim
from workers import handlers
from workers.__main__ import main
from workers.handlers import Workplace

HOLD = b"hold "
_DONE = b'{"done":true}'


class MarkHandler:
    """Works payloads like ``17`` and ``hold 17``."""

    def __call__(self, claim: Claim, context: Context) -> bytes:  # noqa: ARG002 - the protocol's names
        """Leave a mark."""
        if claim.payload.startswith(HOLD):
            marks.hold(int(claim.payload[len(HOLD) :]))
        else:
            marks.noop(int(claim.payload))
        return _DONE

    def idle(self) -> None:
        """Nothing to prepare."""

    def close(self) -> None:
        """Nothing to close."""


def _make(_place: Workplace) -> Handler:
    return MarkHandler()


if __name__ == "__main__":
    handlers.ALLOWED["noop"] = lambda: _make
    main(prog_name="python -m bench.queues.supervisor")
