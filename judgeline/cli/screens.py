"""The tables of ``judgeline queues``: they fit 80 columns."""

from collections.abc import Iterable, Sequence
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from judgeline.cli.output import age
from judgeline.cli.sights import QueueSight, WorkerSight

_JOB_CHARACTERS = 36
"""Of a job's id: a UUID is shown whole."""


def screen(sights: Sequence[QueueSight], *, most_workers: int | None = None) -> RenderableType:
    """All that is seen: what waits, how it goes, who works on what. At most so many workers are listed."""
    seen = [sight for sight in sights if sight.stats is not None]
    parts: list[RenderableType] = []
    if seen:
        parts += [_waiting(seen), Text(), _going(seen)]
    held = [(sight.queue, worker) for sight in seen for worker in sight.workers if worker.job]
    if held:
        parts += [Text(), _working(held[:most_workers])]
        if most_workers is not None and len(held) > most_workers:
            parts.append(Text(f"and {len(held) - most_workers:,} more at work", style="dim"))
    notes = [note for sight in sights for note in _notes(sight)]
    if notes:
        parts += [Text(), *(Text(note, style="yellow") for note in notes)]
    return Group(*parts)


def _notes(sight: QueueSight) -> Iterable[str]:
    if sight.away:
        yield f"{sight.queue}: {sight.away}"
    if sight.stats is None:
        return
    paused = [name for name, now in sight.stats.priorities.items() if now.paused]
    if len(paused) == len(sight.stats.priorities):
        yield f"{sight.queue} is paused: nothing is claimed until `judgeline queues resume {sight.queue}`"
    elif paused:
        yield f"{sight.queue}: {', '.join(paused)} is paused"
    if sight.stats.closed:
        yield f"{sight.queue} is closed: nothing comes in until `judgeline queues open {sight.queue}`"
    if not sight.stats.workers and any(one.queued for one in sight.stats.priorities.values()):
        yield f"{sight.queue} has no worker: python -m workers {sight.queue}"


def _waiting(sights: Iterable[QueueSight]) -> Table:
    table = _table("queue", "priority", right=("weight", "waiting", "bytes", "oldest"))
    for sight in sights:
        assert sight.stats is not None  # noqa: S101 - the caller's choice
        for number, (priority, now) in enumerate(sight.stats.priorities.items()):
            table.add_row(
                "" if number else sight.queue,
                Text(f"{priority} (paused)", style="yellow") if now.paused else priority,
                str(now.weight),
                f"{now.queued:,}",
                size(now.queued_bytes),
                age(now.oldest_ms) if now.queued else "-",
            )
    return table


def _going(sights: Iterable[QueueSight]) -> Table:
    table = _table(
        "queue", right=("in/s", "ended/s", "running", "delayed", "dead", "retried", "crashed", "workers")
    )
    for sight in sights:
        stats = sight.stats
        assert stats is not None  # noqa: S101 - the caller's choice
        totals = stats.totals
        table.add_row(
            sight.queue,
            f"{stats.arrive_per_s:.1f}",
            f"{stats.drain_per_s:.1f}",
            *(f"{count:,}" for count in (stats.running, stats.delayed, stats.dead, totals.get("retried", 0))),
            f"{totals.get('crashed', 0) + totals.get('lost', 0):,}",
            f"{stats.workers:,}",
        )
    return table


def _working(held: Iterable[tuple[str, WorkerSight]]) -> Table:
    table = _table("queue", "job", "stage", right=("attempt", "since"))
    for queue, worker in held:
        table.add_row(
            queue,
            worker.job[:_JOB_CHARACTERS],
            stage(worker.progress),
            str(worker.attempt or ""),
            age(worker.running_ms) if worker.attempt else "",
        )
    return table


def stage(progress: Any) -> str:
    """What a worker says of its job, in a few words: "testing 7/40"."""
    if not isinstance(progress, dict):
        return ""
    done, of = progress.get("test", progress.get("step")), progress.get("tests_total", progress.get("steps"))
    words = [str(progress["stage"])] if progress.get("stage") else []
    return " ".join([*words, f"{done}/{of}"] if done is not None and of else words)[:20]


def size(count: int) -> str:
    """Bytes as a person says them: "512", "1.5 K", "20 M"."""
    if count < 1024:
        return str(count)
    amount = float(count)
    for unit in "KMGT":
        amount /= 1024
        if amount < 1024 or unit == "T":
            return f"{amount:.1f} {unit}" if amount < 10 else f"{amount:.0f} {unit}"
    raise AssertionError


def _table(*left: str, right: Sequence[str] = ()) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for header in left:
        table.add_column(header, overflow="fold")
    for header in right:
        table.add_column(header, justify="right", no_wrap=True)
    return table
