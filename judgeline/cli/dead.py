"""``judgeline dead``: jobs given up, with the evidence, and putting them back."""

import time
from collections.abc import Iterator
from contextlib import closing

import click
import msgspec

from judgeline.cli.connections import open_engines
from judgeline.cli.output import age, as_json, print_json, print_table
from judgeline.config import Settings
from judgeline.dead_letters import find_dead, requeue_dead
from judgeline.queues.engine import Engine
from judgeline.queues.job import Job
from judgeline.store.database import open_store


@click.group
def command() -> None:
    """List, show and requeue dead letters."""


@command.command("list")
@click.argument("queue", required=False)
@click.option(
    "--limit", default=100, show_default=True, type=click.IntRange(1, 1000), help="At most, a queue."
)
@as_json
def list_dead(*, queue: str | None, limit: int, as_json: bool) -> None:
    """List the dead letters of QUEUE, or of all queues, newest first."""
    engines = open_engines([queue] if queue else [])
    found = [(name, job) for name, engine in engines.items() for job in _newest(engine, limit)]
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


@command.command
@click.argument("queue")
@click.argument("job_ids", nargs=-1, required=True)
def requeue(*, queue: str, job_ids: tuple[str, ...]) -> None:
    """Put dead letters back on their priority, their counters at zero."""
    engine = open_engines([queue])[queue]
    with closing(open_store(Settings.from_environment().database_url)) as store:
        for job_id in job_ids:
            requeue_dead(store, engine, job_id)
            click.echo(f"requeued {job_id}")


def _newest(engine: Engine, limit: int) -> Iterator[Job]:
    """The newest dead letters, page by page: an engine gives as few at once as suits it."""
    after = ""
    while limit > 0 and (page := engine.dead(after=after, limit=min(limit, 100))):
        yield from page
        limit -= len(page)
        after = page[-1].id


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
