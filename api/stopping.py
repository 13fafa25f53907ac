"""Whether this process is on its way out."""

from collections.abc import Callable


class Stopping:
    """Asked by waits and streams, which end when it is true. Never true until it is told whom to ask."""

    def __init__(self) -> None:
        self._ask: Callable[[], bool] = bool

    def follow(self, ask: Callable[[], bool]) -> None:
        """From now on, it is what ``ask`` says; called many times a second, by any thread."""
        self._ask = ask

    def __call__(self) -> bool:
        """Whether the process is on its way out."""
        return self._ask()
