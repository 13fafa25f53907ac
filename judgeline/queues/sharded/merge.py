"""What several shards say, as one queue would say it."""

from collections import Counter
from collections.abc import Iterable, Sequence

from msgspec import structs

from judgeline.queues.engine import Histogram, PriorityStats, QueueStats, WorkerView


def merged_stats(parts: Sequence[QueueStats]) -> QueueStats:
    """Add up; the oldest is the oldest of any. Workers are known to every shard, so they are not added."""
    totals: Counter[str] = Counter()
    for part in parts:
        totals.update(part.totals)
    return QueueStats(
        priorities={
            name: _priority([part.priorities[name] for part in parts]) for name in parts[0].priorities
        },
        running=sum(part.running for part in parts),
        delayed=sum(part.delayed for part in parts),
        dead=sum(part.dead for part in parts),
        unrecorded=sum(part.unrecorded for part in parts),
        workers=max(part.workers for part in parts),
        drain_per_s=sum(part.drain_per_s for part in parts),
        arrive_per_s=sum(part.arrive_per_s for part in parts),
        closed=any(part.closed for part in parts),
        totals=dict(totals),
        waits={
            name: _histogram(part.waits[name] for part in parts if name in part.waits)
            for name in dict.fromkeys(name for part in parts for name in part.waits)
        },
        runs=_histogram(part.runs for part in parts),
    )


def _priority(parts: Sequence[PriorityStats]) -> PriorityStats:
    return structs.replace(
        parts[0],
        queued=sum(part.queued for part in parts),
        queued_bytes=sum(part.queued_bytes for part in parts),
        oldest_ms=max(part.oldest_ms for part in parts),
        paused=any(part.paused for part in parts),
    )


def _histogram(parts: Iterable[Histogram]) -> Histogram:
    known = list(parts)
    return structs.replace(
        known[0],
        counts=tuple(sum(counts) for counts in zip(*(part.counts for part in known), strict=True)),
        sum_s=sum(part.sum_s for part in known),
    )


def merged_workers(parts: Sequence[Sequence[WorkerView]]) -> list[WorkerView]:
    """One view a name: what it holds anywhere, and the lease that lapses first."""
    found: dict[str, WorkerView] = {}
    for views in parts:
        for view in views:
            known = found.get(view.name)
            found[view.name] = (
                view
                if known is None
                else structs.replace(
                    known, lease_ms=min(known.lease_ms, view.lease_ms), jobs=[*known.jobs, *view.jobs]
                )
            )
    return list(found.values())
