"""Patience with children that die at once: without it a broken host would fork as fast as it can."""

_WAITS_S = (0.0, 0.5, 1.0, 2.0, 5.0)
_YOUNG_S = 5.0
_FORGIVEN = 2


class Restraint:
    """How long to wait before the next child is born.

    Two deaths a child are forgiven, so that recovery is quick even when all of them were killed together.
    """

    def __init__(self) -> None:
        self._young_deaths = 0

    def died(self, lived_s: float, jobs: int, children: int) -> float:
        """Note the death of one of so many children and give the wait, seconds."""
        if lived_s >= _YOUNG_S or jobs > 0:
            self._young_deaths = 0
            return 0.0
        self._young_deaths += 1
        unforgiven = max(0, self._young_deaths - _FORGIVEN * children)
        return _WAITS_S[min(unforgiven, len(_WAITS_S) - 1)]
