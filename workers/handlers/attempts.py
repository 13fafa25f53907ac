"""A handler that notes each execution of another one: evidence that the queue has no part in.

``judgeline chaos`` counts executions by it. A line when the handler's body begins and one when it ends, each
appended in one write, so that the processes of many supervisors may share a file and a kill tears nothing:
``b|e <monotonic ns> <pid> <id> <attempt>``.
"""

import os
import time

from judgeline.queues.handler import Context, Handler
from judgeline.queues.job import Claim


class NotedHandler:
    """Has ``handler`` work, and appends to ``file``."""

    def __init__(self, handler: Handler, file: str) -> None:
        self._handler = handler
        self._file = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)

    def __call__(self, claim: Claim, context: Context) -> bytes:
        """Work one job between two lines."""
        self._note("b", claim)
        try:
            return self._handler(claim, context)
        finally:
            self._note("e", claim)

    def idle(self) -> None:
        """Prepare."""
        self._handler.idle()

    def close(self) -> None:
        """Close both."""
        self._handler.close()
        os.close(self._file)

    def _note(self, what: str, claim: Claim) -> None:
        line = f"{what} {time.monotonic_ns()} {os.getpid()} {claim.id} {claim.attempt}\n"
        os.write(self._file, line.encode())
