"""What a queue in memory counts of times."""

from bisect import bisect_left

from judgeline.queues.engine import BOUNDS_S, Histogram


class Tally:
    """How long something took, so far."""

    def __init__(self) -> None:
        self._counts = [0] * (len(BOUNDS_S) + 1)
        self._sum_ms = 0

    def observe(self, ms: int) -> None:
        """Count one more; a time below 0 (the clock was set back) as 0."""
        self._counts[bisect_left(BOUNDS_S, ms / 1000)] += 1
        self._sum_ms += max(0, ms)

    def histogram(self) -> Histogram:
        """Give what was counted."""
        return Histogram(counts=tuple(self._counts), sum_s=self._sum_ms / 1000)
