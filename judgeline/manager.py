"""honcho, with a Ctrl-C that may come at any instant: what ``judgeline up`` becomes.

honcho 2.0 learns the pids of what it starts a moment after it has started them. A signal that comes before
makes it fail on the missing pid and then wait for ever on processes that nobody has told to stop.
"""

import sys

from honcho import command
from honcho.manager import Manager


class PatientManager(Manager):  # type: ignore[misc] # honcho has no types
    """A manager that stops everything as soon as everything has begun, and not before."""

    def __init__(self, *arguments: object, **options: object) -> None:
        super().__init__(*arguments, **options)
        self._asked = False

    def terminate(self) -> None:
        """Stop all processes; until each is known, remember that it was asked for.

        Also what a signal to the terminal's whole group calls in a process of honcho's that has just been
        forked, where it must do nothing.
        """
        if self._all_started():
            super().terminate()
        else:
            self._asked = True

    def _all_started(self) -> bool:
        """Whether every pid is known; the loop asks several times a second."""
        started = bool(super()._all_started())
        if started and self._asked:
            self._asked = False
            super().terminate()
        return started


def main() -> None:
    """Be honcho: the arguments are its own."""
    command.Manager = PatientManager
    sys.exit(command.main())


if __name__ == "__main__":
    main()
