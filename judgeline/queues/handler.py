"""What a worker calls for each job, and what a handler may say back."""

from typing import Protocol

from judgeline.errors import JudgelineError
from judgeline.queues.job import Claim


class Retry(JudgelineError):
    """This attempt failed for a passing reason: again later. ``delay_s`` replaces the queue's backoff."""

    def __init__(self, reason: str, *, delay_s: float | None = None) -> None:
        super().__init__(reason)
        self.delay_s = delay_s


class GiveUp(JudgelineError):
    """This job can never succeed: make it a dead letter at once."""


class Cancelled(JudgelineError):
    """Raised by ``Context.progress`` and ``checkpoint``: a cancel was asked, or the job is not ours any more.

    A handler lets it pass.
    """


class TimeUp(JudgelineError):
    """Raised anywhere in a handler shortly before its time limit (``warning_s``): end now, or be killed.

    A handler that has something to keep catches it, keeps it and returns or raises; else it lets it pass, and
    the job is a dead letter that timed out. Raised once an attempt.
    """


class Context(Protocol):
    """What a handler may do while it runs."""

    def progress(self, note: bytes) -> None:
        """Publish a progress note (JSON, at most MAX_PROGRESS_BYTES). Raises Cancelled."""

    def checkpoint(self, data: bytes) -> None:
        """Keep what the next attempt must know. Raises Cancelled."""

    def stage(self, stage: str, test: int = 0) -> None:
        """Note where we are in shared memory: evidence that outlives a SIGKILL. Costs no round trip."""

    def limit(self, seconds: float) -> None:
        """Set this attempt's time limit, counted from now; never above the queue's ``timeout_s``."""


class Handler(Protocol):
    """Works the jobs of one queue; made once a child."""

    def __call__(self, claim: Claim, context: Context) -> bytes:
        """Work one job and give its result (JSON). Raises Retry or GiveUp; any other exception is a Retry."""

    def idle(self) -> None:
        """Called when no job waits: prepare what the next one needs (a box, a connection)."""

    def close(self) -> None:
        """Called before the child exits."""
