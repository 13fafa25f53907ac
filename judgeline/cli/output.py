"""What the verbs share: printing for people and for programs, and what an error means to a script."""

import sys
from collections.abc import Iterable, Sequence
from typing import Any

import click
import msgspec
from rich.console import Console
from rich.table import Table

from judgeline.config.errors import ConfigError
from judgeline.errors import JudgelineError
from judgeline.queues.errors import QueueUnavailable

NO = 1
WRONG_CALL = 2
NO_ANSWER = 3
INTERRUPTED = 130
"""As shells say it: 128 and the number of SIGINT."""

as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON, one document, for programs.")


def exit_code(error: JudgelineError) -> int:
    """The exit code that an error ends the command line with."""
    from judgeline.store.errors import (  # noqa: PLC0415 - most verbs need no store
        BadAddress,
        BadName,
        StoreUnavailable,
        StoreUnfit,
    )

    if isinstance(error, ConfigError | BadAddress | BadName):
        return WRONG_CALL
    if isinstance(error, QueueUnavailable | StoreUnavailable | StoreUnfit):
        return NO_ANSWER
    return NO


def print_json(value: Any) -> None:
    """Print one JSON document, indented."""
    click.echo(msgspec.json.format(msgspec.json.encode(value), indent=2).decode())


def print_table(
    headers: Sequence[str], rows: Iterable[Sequence[object]], *, right: Sequence[str] = ()
) -> None:
    """Print a table; ``right`` names the columns that hold numbers."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for header in headers:
        table.add_column(header, justify="right" if header in right else "left", no_wrap=header in right)
    for row in rows:
        table.add_row(*(str(cell) for cell in row))
    console().print(table)


def console() -> Console:
    """A console on standard output; wide when it is not a terminal, so that no row is cut."""
    return Console(width=None if on_terminal() else 200, highlight=False, soft_wrap=False)


def on_terminal() -> bool:
    """Whether standard output is a terminal; it may be closed, which Python says by None."""
    return sys.stdout is not None and sys.stdout.isatty()


def age(milliseconds: float) -> str:
    """Say a span as a person would: "0.4 s", "12 s", "3 min", "5 h", "2 d"."""
    seconds = milliseconds / 1000
    if seconds < 10:
        return f"{seconds:.1f} s"
    for unit, size in (("s", 60), ("min", 60), ("h", 24)):
        if seconds < size * 2:
            return f"{seconds:.0f} {unit}"
        seconds /= size
    return f"{seconds:.0f} d"
