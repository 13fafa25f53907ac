"""What a queue can refuse.

::

    QueueError
    ├── QueueFull          a bound is reached; ``retry_after_s`` is measured from the drain rate
    ├── JobConflict        the id is taken by a job with another payload
    ├── UnknownJob         no job has this id (any more)
    ├── UnknownPriority    the queue has no such priority
    ├── JobTooLarge        payload or result over its bound
    ├── NotOffered         this engine has no such thing
    ├── QueueUnavailable   Redis cannot be reached, or is read-only, loading or out of memory
    └── ServerUnfit        the server evicts keys, or lacks a command we need; ``cure`` says what to set
"""

from judgeline.errors import JudgelineError


class QueueError(JudgelineError):
    """The queue refused, or cannot be reached."""


class QueueFull(QueueError):
    """A bound of the queue is reached. Nothing was written."""

    def __init__(self, queue: str, bound: str, retry_after_s: int) -> None:
        super().__init__(f"queue {queue} is full ({bound}); try again in {retry_after_s} s")
        self.queue = queue
        self.bound = bound
        """Which bound: "max_queued", "max_queued_bytes", "max_queued_per_user", or "unrecorded": no store has
        taken as many ended jobs as may wait."""
        self.retry_after_s = retry_after_s


class JobConflict(QueueError):
    """The same id came with another payload."""


class UnknownJob(QueueError):
    """No job of this queue has this id."""


class UnknownPriority(QueueError):
    """The queue has no such priority."""


class JobTooLarge(QueueError):
    """A payload or a result is over its bound."""


class NotOffered(QueueError):
    """The queue's engine has no such thing; the message says what does."""


class QueueUnavailable(QueueError):
    """The server cannot serve now; what was asked may be asked again."""


class ServerUnfit(QueueError):
    """The server must not carry a queue as it is set up. ``cure`` is the line that mends it."""

    def __init__(self, reason: str, cure: str) -> None:
        super().__init__(f"{reason}; {cure}")
        self.reason = reason
        self.cure = cure
