"""honcho, with a Ctrl-C that may come at any instant and a reload: what ``judgeline up`` becomes.

honcho 2.0 learns the pids of what it starts a moment after it has started them. A signal that comes before
makes it fail on the missing pid and then wait for ever on processes that nobody has told to stop.

It leaves SIGHUP to its default, which is to die. That is right where the terminal hung up: the processes
watch for our end, and drain. Else the signal asks for a reload, and is passed on to them: each knows how.
"""

import contextlib
import os
import signal
import sys
from collections.abc import Callable

from judgeline import terminal

if __name__ == "__main__":
    terminal.hold()

from honcho import command
from honcho.manager import Manager
from honcho.process import Process

from judgeline.terminal import Terminal


class HeldProcess(Process):  # type: ignore[misc] # honcho has no types
    """In a process of honcho's: starts a line of the Procfile, which inherits that SIGHUP is held."""

    _child_ctor: Callable[..., object]

    def __init__(self, *arguments: object, **options: object) -> None:
        super().__init__(*arguments, **options)
        start = self._child_ctor

        def start_and_hear(*arguments: object, **options: object) -> object:
            child = start(*arguments, **options)
            terminal.hear()
            return child

        self._child_ctor = start_and_hear


class PatientManager(Manager):  # type: ignore[misc] # honcho has no types
    """A manager that stops everything as soon as everything has begun, and not before."""

    def __init__(self, *arguments: object, **options: object) -> None:
        super().__init__(*arguments, **options)
        self._process_ctor = HeldProcess
        self._asked = False
        self._terminal = Terminal()

    def loop(self) -> None:
        """Run until one process ends or a stop is asked for."""
        if signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:  # as nohup leaves it
            signal.signal(signal.SIGHUP, self._on_hangup)
        super().loop()

    def _on_hangup(self, number: int, _frame: object) -> None:
        if self._terminal.gone:
            signal.signal(number, signal.SIG_DFL)
            os.kill(os.getpid(), number)
        for process in self._processes.values():
            if "pid" in process and "returncode" not in process:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(process["pid"], signal.SIGHUP)

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
        if started:
            terminal.hear()
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
