"""``judgeline dead``: jobs given up, with the evidence, putting them back and dropping them."""

import itertools
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack, closing
from typing import Any

import click
import msgspec
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from judgeline.cli.connections import check_priority, open_engines
from judgeline.cli.moments import Moment
from judgeline.cli.output import age, as_json, console, on_terminal, print_json, print_table
from judgeline.config import Settings
from judgeline.dead_letters import (
    MAX_MOVED,
    Wanted,
    every_dead,
    find_dead,
    forget_all,
    requeue_all,
    requeue_dead,
)
from judgeline.queues.engine import Engine
from judgeline.queues.job import Job
from judgeline.store.database import Store, open_store


@click.group
def command() -> None:
    """List, show, requeue and forget dead letters."""


@command.command("list")
@click.argument("queue", required=False)
@click.option(
    "--limit", default=100, show_default=True, type=click.IntRange(1, 1000), help="At most, a queue."
)
@as_json
def list_dead(*, queue: str | None, limit: int, as_json: bool) -> None:
    """List the dead letters of QUEUE, or of all queues, newest first."""
    engines = open_engines([queue] if queue else [])
    found = [
        (name, job) for name, engine in engines.items() for job in itertools.islice(every_dead(engine), limit)
    ]
    if as_json:
        print_json([{"queue": name} | _plain(job) for name, job in found])
        return
    now = time.time() * 1000
    print_table(
        ("queue", "id", "since", "priority", "attempts", "crashes", "reason"),
        [
            (name, job.id, age(now - job.finished_ms), job.priority, job.attempt, job.crashes, job.reason)
            for name, job in found
        ],
        right=("attempts", "crashes"),
    )


@command.command
@click.argument("queue")
@click.argument("job_id")
def show(*, queue: str, job_id: str) -> None:
    """Show all that is known of one dead letter, as JSON."""
    print_json(_plain(find_dead(open_engines([queue])[queue], job_id)))


def _chosen(verb: Callable[..., None]) -> Callable[..., None]:
    """The arguments that say which dead letters of a queue are meant."""
    for option in reversed(
        (
            click.argument("queue"),
            click.argument("job_ids", nargs=-1),
            click.option("--all", "every", is_flag=True, help="All of the queue."),
            click.option("--reason", default="", metavar="TEXT", help="Whose reason has this in it."),
            click.option("--user", help="Of this user."),
            click.option("--priority", help="Of this priority."),
            click.option("--since", type=Moment(), help="Died then or later: 2h (ago), or a date and time."),
            click.option("--before", type=Moment(), help="Died before then."),
            click.option("--limit", type=click.IntRange(1), help="At most so many, the oldest of them."),
            click.option("--dry-run", is_flag=True, help="Only say which they are."),
        )
    ):
        verb = option(verb)
    return verb


@command.command
@_chosen
def requeue(*, queue: str, job_ids: tuple[str, ...], dry_run: bool, **filters: Any) -> None:
    """Put dead letters of QUEUE back on their priority, their counters at zero.

    Name them by JOB_IDS, or say which: --all, or what fits all of --reason, --user, --priority, --since and
    --before. The oldest go first. Breaking it off is harmless, and so is a repeat.
    """
    engine = open_engines([queue])[queue]
    chosen = _choice(engine, job_ids, filters)
    if dry_run:
        _say_which(chosen)
        return
    with ExitStack() as stack:
        store: Store | None = None
        if engine.options.store:
            store = stack.enter_context(closing(open_store(Settings.from_environment().database_url)))
        if job_ids:
            for job_id in job_ids:
                requeue_dead(store, engine, job_id)
                click.echo(f"requeued {job_id}")
            return
        moved = _in_steps("requeued", chosen, lambda ids: requeue_all(store, engine, ids))
    click.echo(f"requeued {moved:,} of {len(chosen):,}")


@command.command
@_chosen
def forget(*, queue: str, job_ids: tuple[str, ...], dry_run: bool, **filters: Any) -> None:
    """Drop dead letters of QUEUE for good, with payload and evidence; the database keeps its row.

    Which, is said as for requeue.
    """
    engine = open_engines([queue])[queue]
    chosen = _choice(engine, job_ids, filters)
    if dry_run:
        _say_which(chosen)
        return
    if job_ids:
        for job_id in job_ids:
            find_dead(engine, job_id)
            engine.forget(job_id)
            click.echo(f"forgot {job_id}")
        return
    moved = _in_steps("forgot", chosen, lambda ids: forget_all(engine, ids))
    click.echo(f"forgot {moved:,} of {len(chosen):,}")


def _choice(engine: Engine, job_ids: Sequence[str], filters: dict[str, Any]) -> list[str]:
    """The ids that are meant, the oldest first. Raises UsageError where nothing says which."""
    every, limit = filters.pop("every"), filters.pop("limit")
    wanted = Wanted(
        reason=filters["reason"],
        user=filters["user"],
        priority=filters["priority"],
        since_ms=filters["since"],
        before_ms=filters["before"],
    )
    narrowed = wanted != Wanted()
    if job_ids and (every or narrowed or limit):
        raise click.UsageError("name dead letters by their ids, or say which by options: not both")
    if every and narrowed:
        raise click.UsageError("--all is all of them: it goes with no other choice but --limit")
    if not (job_ids or every or narrowed):
        raise click.UsageError("say which: ids, --all, --reason, --user, --priority, --since or --before")
    check_priority(engine, wanted.priority)
    if job_ids:
        return list(job_ids)
    newest_first = [letter.id for letter in every_dead(engine) if wanted.fits(letter)]
    return newest_first[::-1][:limit]


def _say_which(chosen: Sequence[str]) -> None:
    for job_id in chosen:
        click.echo(job_id)
    click.echo(f"{len(chosen):,} in all; nothing was changed", err=True)


def _in_steps(what: str, chosen: Sequence[str], move: Callable[[Sequence[str]], int]) -> int:
    """Move them a hundred at a time, with a bar on a terminal; give how many were moved."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    moved = 0
    with Progress(*columns, console=console(), transient=True, disable=not on_terminal()) as progress:
        task = progress.add_task(what, total=len(chosen))
        for start in range(0, len(chosen), MAX_MOVED):
            batch = chosen[start : start + MAX_MOVED]
            moved += move(batch)
            progress.advance(task, len(batch))
    return moved


def _plain(job: Job) -> dict[str, object]:
    """A job as JSON values: evidence opened, other bytes as text."""
    plain: dict[str, object] = {
        field: value.decode(errors="replace") if isinstance(value, bytes) else value
        for field, value in msgspec.structs.asdict(job).items()
    }
    if job.evidence:
        try:
            plain["evidence"] = msgspec.json.decode(job.evidence)
        except msgspec.DecodeError:
            plain["evidence"] = job.evidence.decode(errors="replace")
    return plain
