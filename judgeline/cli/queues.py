"""``judgeline queues``: how each queue does, and pausing it."""

import click

from judgeline.cli.connections import open_engines
from judgeline.cli.output import age, as_json, print_json, print_table
from judgeline.queues.engine import Engine, QueueStats


@click.group(invoke_without_command=True)
@click.pass_context
@as_json
def command(context: click.Context, *, as_json: bool) -> None:
    """Show depth, oldest, workers and rates of every queue."""
    if context.invoked_subcommand is not None:
        return
    engines = open_engines()
    stats = {name: engine.stats() for name, engine in engines.items()}
    if as_json:
        print_json({name: {"stats": stats[name], "workers": engines[name].workers()} for name in engines})
        return
    print_table(
        (
            "queue",
            "priority",
            "weight",
            "queued",
            "oldest",
            "running",
            "delayed",
            "dead",
            "workers",
            "ended/s",
        ),
        [row for name in engines for row in _rows(name, stats[name])],
        right=("weight", "queued", "running", "delayed", "dead", "workers", "ended/s"),
    )
    holding = [(w.name, ", ".join(w.jobs)) for engine in engines.values() for w in engine.workers() if w.jobs]
    if holding:
        print_table(("worker", "runs"), holding)


def _rows(name: str, stats: QueueStats) -> list[tuple[object, ...]]:
    rows: list[tuple[object, ...]] = []
    for priority, now in stats.priorities.items():
        shown = f"{priority} (paused)" if now.paused else priority
        shared: tuple[object, ...] = ("", "", "", "", "")
        if not rows:
            shared = (stats.running, stats.delayed, stats.dead, stats.workers, f"{stats.drain_per_s:.1f}")
        rows.append((name if not rows else "", shown, now.weight, now.queued, age(now.oldest_ms), *shared))
    return rows


@command.command
@click.argument("queue")
@click.option("--priority", default=None, help="Only this priority.")
def pause(*, queue: str, priority: str | None) -> None:
    """Take no more jobs from QUEUE; submits go on."""
    _one(queue).pause(priority)


@command.command
@click.argument("queue")
@click.option("--priority", default=None, help="Only this priority.")
def resume(*, queue: str, priority: str | None) -> None:
    """Undo pause."""
    _one(queue).resume(priority)


def _one(queue: str) -> Engine:
    return open_engines([queue])[queue]
