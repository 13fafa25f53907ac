"""Showing something again and again until Ctrl-C: in place on a terminal, else one under the other."""

import contextlib
import sys
import time
from collections.abc import Callable, Iterator

import click
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.text import Text

from judgeline.cli.output import console, on_terminal


def watch(draw: Callable[[], RenderableType], interval_s: float) -> None:
    """Show what ``draw`` gives, at once and every so many seconds. Ctrl-C is how it ends, and no fault."""
    with _until_interrupted():
        if not on_terminal():
            plain = console()
            for number, moment in enumerate(_moments(interval_s)):
                if number:
                    plain.print()
                plain.print(Text(moment, style="dim"), draw(), sep="\n")
                sys.stdout.flush()
            return
        on_screen(Console(highlight=False), draw, interval_s)


def on_screen(screen: Console, draw: Callable[[], RenderableType], interval_s: float) -> None:
    """Draw in place on a terminal, its other content untouched, until interrupted."""
    with Live(console=screen, screen=True, auto_refresh=False, vertical_overflow="ellipsis") as live:
        for moment in _moments(interval_s):
            foot = Text(f"{moment}, every {interval_s:g} s; Ctrl-C ends it", style="dim")
            live.update(Group(draw(), Text(), foot), refresh=True)


def print_lines(tell: Callable[[], bytes], interval_s: float) -> None:
    """Print one JSON document a line, at once and every so many seconds, until Ctrl-C."""
    with _until_interrupted():
        for _ in _moments(interval_s):
            click.echo(tell())


def _moments(interval_s: float) -> Iterator[str]:
    while True:
        began = time.monotonic()
        yield time.strftime("%Y-%m-%d %H:%M:%S")
        time.sleep(max(0.0, began + interval_s - time.monotonic()))


@contextlib.contextmanager
def _until_interrupted() -> Iterator[None]:
    with contextlib.suppress(KeyboardInterrupt):
        yield
