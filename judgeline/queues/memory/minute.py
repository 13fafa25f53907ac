"""How much happened within the last minute, in slots of five seconds, as the scripts count it."""

from collections import Counter

_SLOT_MS = 5_000
_SLOTS = 12


class Minute:
    """Counts by the clock it is told; never more than some slots, however much happens."""

    def __init__(self) -> None:
        self._slots: Counter[int] = Counter()

    def count(self, now_ms: int) -> None:
        """Something happened."""
        slot = now_ms // _SLOT_MS
        self._slots[slot] += 1
        if self._slots[slot] == 1:  # a new one: those far away go, on either side, for a clock may jump
            for old in [old for old in self._slots if abs(slot - old) > _SLOTS]:
                del self._slots[old]

    def within(self, now_ms: int) -> int:
        """Give how often, in the minute up to now."""
        slot = now_ms // _SLOT_MS
        return sum(times for at, times in self._slots.items() if abs(slot - at) <= _SLOTS)
