"""Whether anybody can judge, remembered for a second so that a submit asks nothing of its own."""

import threading
import time

from judgeline.queues.engine import Engine
from judgeline.queues.errors import QueueUnavailable
from judgeline.queues.troubles import Troubles

REMEMBER_S = 1.0


class Judges:
    """The workers of the judge queue, as far as a submit must know of them."""

    def __init__(self, engine: Engine, troubles: Troubles) -> None:
        self._engine = engine
        self._troubles = troubles
        self._lock = threading.Lock()
        self._asked_at = float("-inf")
        self._trouble = ""

    def trouble(self) -> str:
        """Why nobody can judge; "" also where nobody is there to say so, or where Redis does not answer.

        A worker that cannot run code safely has no lease; so troubles without any worker mean that none can.
        """
        if time.monotonic() - self._asked_at >= REMEMBER_S and self._lock.acquire(blocking=False):
            try:
                self._trouble = self._ask()
                self._asked_at = time.monotonic()
            finally:
                self._lock.release()
        return self._trouble

    def _ask(self) -> str:
        try:
            troubles = self._troubles.read()
            if not troubles or any(worker.lease_ms > 0 for worker in self._engine.workers()):
                return ""
        except QueueUnavailable:
            return ""
        return next(iter(troubles.values()))
