"""What a worker process can meet.

::

    WorkerError
    └── Unready    a handler cannot work here now (no sandbox ...); ``reason`` is what /readyz will say
"""

from judgeline.errors import JudgelineError


class WorkerError(JudgelineError):
    """A worker process cannot go on as it was asked to."""


class Unready(WorkerError):
    """A handler cannot work here now. Its child claims nothing, says why, and tries again later.

    Raised while the handler is made, or by a job: that job goes back unspent.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
