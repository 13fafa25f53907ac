"""How far a run is, on standard error: a bar on a terminal, else a line every ten seconds."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

_EVERY_S = 10.0


class Watcher(Protocol):
    """Is told how far a run is."""

    def __call__(self, ended: int, phase: str) -> None:
        """``ended`` jobs have their record; ``phase`` says what is going on, in a few words."""


def silent(ended: int, phase: str) -> None:
    """Say nothing."""
    del ended, phase


@contextmanager
def shown(jobs: int) -> Iterator[Watcher]:
    """Show how far a run of so many jobs is."""
    console = Console(file=sys.stderr, highlight=False)
    if not console.is_terminal:
        yield _lines(console, jobs)
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("starting", total=jobs)
        yield lambda ended, phase: bar.update(task, completed=ended, description=phase)


def _lines(console: Console, jobs: int) -> Watcher:
    next_at = time.monotonic() + _EVERY_S

    def tell(ended: int, phase: str) -> None:
        nonlocal next_at
        if time.monotonic() >= next_at:
            next_at = time.monotonic() + _EVERY_S
            console.print(f"chaos: {ended:,} of {jobs:,} jobs recorded; {phase}")

    return tell
