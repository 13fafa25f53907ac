"""How many threads waits and streams may hold, so that ordinary requests always find one."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

RESERVED_THREADS = 8
"""Threads a process that no wait and no stream ever takes."""


class Slots:
    """A counting lock that never blocks: either there is a slot or there is none."""

    def __init__(self, count: int) -> None:
        self._free = threading.Semaphore(count)

    def take(self) -> bool:
        """Take a slot; False when none is free."""
        return self._free.acquire(blocking=False)

    def give_back(self) -> None:
        """Give a taken slot back."""
        self._free.release()

    @contextmanager
    def hold(self) -> Iterator[bool]:
        """Hold a slot for the length of the context, or give False where none is free."""
        taken = self.take()
        try:
            yield taken
        finally:
            if taken:
                self.give_back()
