"""``judgeline queues``: how each queue does, live if asked; pausing, closing and draining it."""

import signal
import sys
import time
from contextlib import ExitStack, closing, suppress

import click
import msgspec
from rich.live import Live
from rich.text import Text

from judgeline.cli.connections import check_priority, open_engines
from judgeline.cli.drain import Remaining, remaining, work_off
from judgeline.cli.output import NO, NO_ANSWER, as_json, console, on_terminal, print_json
from judgeline.cli.screens import screen
from judgeline.cli.sights import QueueSight, look_at
from judgeline.cli.watch import print_lines, watch
from judgeline.config import Settings
from judgeline.queues.engine import Engine
from judgeline.store.database import open_store

_LOOKS_S = 0.5
"""Between two looks at a queue that is drained."""


@click.group(invoke_without_command=True)
@click.option("--watch", "-w", "watching", is_flag=True, help="Show it again and again, until Ctrl-C.")
@click.option(
    "--interval",
    "interval_s",
    default=1.0,
    show_default=True,
    type=click.FloatRange(0.1, 3600),
    help="Seconds between two looks of --watch.",
)
@as_json
@click.pass_context
def command(context: click.Context, *, watching: bool, interval_s: float, as_json: bool) -> None:
    """Show how every queue stands, and who works on what.

    \b
    waiting   jobs in line, those behind their user's turn included
    oldest    how long the one next in line has waited
    in/s      jobs that came in a second, ended/s those that ended, over the last minute
    dead      dead letters: `judgeline dead list`
    retried   attempts that ended in an error of the handler, since the queue's keys exist
    crashed   attempts whose child died or whose lease lapsed
    workers   children whose lease runs, idle ones included

    With --watch it is shown in place on a terminal, else one under the other; with --json, too, one document
    a line. Ends with 3 when a queue's server does not answer; --watch goes on and says why.

    \b
    To stop work:       pause    no more is claimed; jobs still come in
    To stop new jobs:   drain    nothing new comes in; waits until all is worked off
    """  # noqa: D301 - \b keeps click from filling the paragraph
    if context.invoked_subcommand is not None:
        return
    engines = open_engines()

    def look() -> list[QueueSight]:
        return look_at(engines, time.time() * 1000)

    if watching and as_json:
        print_lines(lambda: msgspec.json.encode(_document(look())), interval_s)
    elif watching:
        watch(lambda: screen(look(), most_workers=20 if on_terminal() else None), interval_s)
    else:
        sights = look()
        if as_json:
            print_json(_document(sights))
        else:
            console().print(screen(sights))
        if any(sight.away for sight in sights):
            sys.exit(NO_ANSWER)


def _document(sights: list[QueueSight]) -> dict[str, QueueSight]:
    return {sight.queue: sight for sight in sights}


@command.command
@click.argument("queue")
@click.option("--priority", default=None, help="Only this priority.")
def pause(*, queue: str, priority: str | None) -> None:
    """Claim no more jobs from QUEUE; what runs runs on, and submits go on."""
    engine = _one(queue)
    check_priority(engine, priority)
    engine.pause(priority)


@command.command
@click.argument("queue")
@click.option("--priority", default=None, help="Only this priority.")
def resume(*, queue: str, priority: str | None) -> None:
    """Undo pause."""
    engine = _one(queue)
    check_priority(engine, priority)
    engine.resume(priority)


@command.command("drain")
@click.argument("queue")
@click.option("--timeout", "timeout_s", type=click.FloatRange(0), help="Seconds to wait at most  [for ever]")
def drain_queue(*, queue: str, timeout_s: float | None) -> None:
    """Close QUEUE to new jobs and wait until it is empty.

    Submits get 503 with Retry-After. What was accepted before is worked off: what waits, runs or is delayed,
    and what the database has and the queue has not yet. Dead letters stay. The queue stays closed, whatever
    the outcome: `judgeline queues open QUEUE` lets jobs in again.

    Ends with 0 when it is empty and every result is recorded, with 1 when the time is up, and with 130 when
    it is interrupted.
    """
    engine = _one(queue)
    with ExitStack() as stack:
        store = None
        if engine.options.store:
            store = stack.enter_context(closing(open_store(Settings.from_environment().database_url)))
        show = _Shown(stack, queue)
        closed = False
        try:
            for number in (signal.SIGTERM, signal.SIGHUP):
                if signal.getsignal(number) == signal.SIG_DFL:  # not as nohup leaves it
                    stack.callback(signal.signal, number, signal.signal(number, signal.default_int_handler))
            remaining(engine, store)  # where the database cannot be asked, nothing is closed
            closed = True
            engine.shut()
            left = work_off(engine, store, timeout_s=timeout_s, every_s=_LOOKS_S, told=show)
        except KeyboardInterrupt:
            if closed:
                word = f"{queue} stays closed; `judgeline queues open {queue}` lets jobs in again"
            else:
                word = f"{queue} was not closed"
            with suppress(OSError):  # of a terminal that hung up
                click.echo(word, err=True)
            raise
    if not left.nothing:
        click.echo(f"{queue} is closed, and not empty after {timeout_s:g} s: {left}", err=True)
        sys.exit(NO)
    click.echo(f"{queue} is empty and closed; `judgeline queues open {queue}` lets jobs in again")


@command.command("open")
@click.argument("queue")
def open_queue(*, queue: str) -> None:
    """Let new jobs into QUEUE again: undoes drain."""
    _one(queue).reopen()


class _Shown:
    """Shows what remains: in place on a terminal, else a line whenever it changes."""

    def __init__(self, stack: ExitStack, queue: str) -> None:
        self._queue = queue
        self._last = ""
        self._live = stack.enter_context(Live(console=console(), transient=True)) if on_terminal() else None

    def __call__(self, left: Remaining) -> None:
        line = f"{self._queue}: {left}"
        if self._live is not None:
            self._live.update(Text(line))
        elif line != self._last:
            click.echo(line)
        self._last = line


def _one(queue: str) -> Engine:
    return open_engines([queue])[queue]
