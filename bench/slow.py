"""``python -m bench.slow QUEUE``: the real supervisor, whose judge takes 0.1 s and judges nothing.

So that a queue drains at a known rate, and an overload of ten times it costs the machine little.
"""

import time

from judgeline.queues.handler import Context, Handler
from judgeline.queues.job import Claim
from workers import handlers
from workers.__main__ import main
from workers.handlers import Workplace

TAKES_S = 0.1


class SlowHandler:
    """Sleeps."""

    def __call__(self, claim: Claim, context: Context) -> bytes:  # noqa: ARG002 - the protocol's names
        """Take a while."""
        time.sleep(TAKES_S)
        return b'{"verdict":"accepted"}'

    def idle(self) -> None:
        """Nothing to prepare."""

    def close(self) -> None:
        """Nothing to close."""


def _make(_place: Workplace) -> Handler:
    return SlowHandler()


if __name__ == "__main__":
    handlers.ALLOWED["judge"] = lambda: _make
    main(prog_name="python -m bench.slow")
