"""What a queue can refuse.

::

    QueueError
    ├── QueueFull          a bound is reached, or an operator closed the queue; ``retry_after_s`` is measured
    ├── JobConflict        the id is taken by a job with another payload
    ├── UnknownJob         no job has this id (any more)
    ├── UnknownPriority    the queue has no such priority
    ├── JobTooLarge        payload or result over its bound
    ├── BadSchedule        a schedule cannot be followed; ``key`` says which of its settings is wrong
    ├── BadRedisUrl        REDIS_URL cannot be what is meant
    ├── ForbiddenChange    a job was to change its state in a way there is none of: a fault of the engine's
    ├── QueueUnavailable   Redis cannot be reached, or is read-only, loading or out of memory
    └── ServerUnfit        the server evicts keys, or lacks a command we need; ``cure`` says what to set
"""

from judgeline.errors import JudgelineError


class QueueError(JudgelineError):
    """The queue refused, or cannot be reached."""


class QueueFull(QueueError):
    """A bound of the queue is reached. Nothing was written."""

    def __init__(self, queue: str, bound: str, retry_after_s: int) -> None:
        what = "closed" if bound == "closed" else f"full ({bound})"
        super().__init__(f"queue {queue} is {what}; try again in {retry_after_s} s")
        self.queue = queue
        self.bound = bound
        """Which bound: "max_queued", "max_queued_bytes", "max_queued_per_user"; "unrecorded": no store has
        taken as many ended jobs as may wait; or "closed": an operator takes no new jobs in (``shut``)."""
        self.retry_after_s = retry_after_s


class JobConflict(QueueError):
    """The same id came with another payload."""


class UnknownJob(QueueError):
    """No job of this queue has this id."""


class UnknownPriority(QueueError):
    """The queue has no such priority."""


class JobTooLarge(QueueError):
    """A payload or a result is over its bound."""


class BadRedisUrl(QueueError):
    """REDIS_URL cannot be what is meant. ``reason`` says why, without any part that may hold a password."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"REDIS_URL {reason}")
        self.reason = reason


class ForbiddenChange(QueueError):
    """A change of state that ``states.CHANGES`` does not list: the engine is at fault, not its caller."""


class BadSchedule(QueueError):
    """A schedule cannot be followed. ``given`` is not among the ``known``, where there is a list of them."""

    def __init__(self, key: str, reason: str, given: str = "", known: tuple[str, ...] = ()) -> None:
        super().__init__(f"{key}: {reason}")
        self.schedule = ""
        """Its name, where a file has several."""
        self.key = key
        self.reason = reason
        self.given = given
        self.known = known


class QueueUnavailable(QueueError):
    """The server cannot serve now; what was asked may be asked again."""


class ServerUnfit(QueueError):
    """The server must not carry a queue as it is set up. ``cure`` is the line that mends it."""

    def __init__(self, reason: str, cure: str) -> None:
        super().__init__(f"{reason}; {cure}")
        self.reason = reason
        self.cure = cure
