"""The queues as Prometheus sees them: asked when scraped."""

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

import msgspec
from prometheus_client.metrics_core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector

from judgeline.queues.engine import Engine, Histogram, QueueStats, WorkerView
from judgeline.queues.errors import QueueUnavailable

EVENTS = (
    *("enqueued", "done", "dead", "cancelled", "retried", "released", "requeued", "crashed", "lost"),
    *("adopted", "refused", "reaped", "renewals_missed", "missed"),
)
"""Each is there from the start, with 0: an alarm on an increase must see the first one."""

WORKER_STATES = ("busy", "idle", "lapsed")


class _Seen(msgspec.Struct, frozen=True):
    stats: QueueStats
    workers: list[WorkerView]


class QueueCollector(Collector):
    """The queues, asked when scraped. One that does not answer has only ``judgeline_queue_up`` 0."""

    def __init__(self, engines: Mapping[str, Engine]) -> None:
        self._engines = engines

    def collect(self) -> Iterable[Metric]:
        """Ask every queue, two round trips each."""
        up = GaugeMetricFamily("judgeline_queue_up", "Whether the queue answers.", labels=["queue"])
        found: dict[str, _Seen] = {}
        for name, engine in self._engines.items():
            try:
                found[name] = _Seen(engine.stats(), engine.workers())
            except QueueUnavailable:
                if engine.options.shards == 1:  # they share a server: one wait for it is enough
                    break
        for name in self._engines:
            up.add_metric([name], int(name in found))
        yield up
        stats = {name: seen.stats for name, seen in found.items()}
        yield from _of_priorities(stats)
        yield from _of_queues(stats)
        yield _workers({name: seen.workers for name, seen in found.items()})
        yield from _times(stats)
        yield _events(stats)


def _of_priorities(found: Mapping[str, QueueStats]) -> Iterable[Metric]:
    labels = ["queue", "priority"]
    depth = GaugeMetricFamily("judgeline_queue_depth", "Jobs waiting.", labels=labels)
    size = GaugeMetricFamily("judgeline_queue_bytes", "Payload bytes waiting.", labels=labels)
    oldest = GaugeMetricFamily(
        "judgeline_queue_oldest_seconds", "Age of the job next in line.", labels=labels
    )
    paused = GaugeMetricFamily("judgeline_queue_paused", "Whether claims are stopped.", labels=labels)
    for queue, stats in found.items():
        for priority, figures in stats.priorities.items():
            depth.add_metric([queue, priority], figures.queued)
            size.add_metric([queue, priority], figures.queued_bytes)
            oldest.add_metric([queue, priority], figures.oldest_ms / 1000)
            paused.add_metric([queue, priority], int(figures.paused))
    return depth, size, oldest, paused


_GAUGES = {
    "running": "Jobs being worked.",
    "delayed": "Jobs waiting for their time.",
    "dead": "Dead letters.",
    "unrecorded": "Ended jobs that the store does not have yet.",
    "closed": "Whether new jobs are refused.",
}


def _of_queues(found: Mapping[str, QueueStats]) -> Iterable[Metric]:
    for name, text in _GAUGES.items():
        gauge = GaugeMetricFamily(f"judgeline_queue_{name}", text, labels=["queue"])
        for queue, stats in found.items():
            gauge.add_metric([queue], int(getattr(stats, name)))
        yield gauge


def _workers(found: Mapping[str, Sequence[WorkerView]]) -> Metric:
    gauge = GaugeMetricFamily(
        "judgeline_queue_workers",
        "Workers: with a job, without one, or with a lease that lapsed and was not taken over yet.",
        labels=["queue", "state"],
    )
    for queue, workers in found.items():
        states = Counter(
            "lapsed" if worker.lease_ms <= 0 else "busy" if worker.jobs else "idle" for worker in workers
        )
        for state in WORKER_STATES:
            gauge.add_metric([queue, state], states[state])
    return gauge


def _times(found: Mapping[str, QueueStats]) -> Iterable[Metric]:
    waits = HistogramMetricFamily(
        "judgeline_queue_wait_seconds",
        "Time from when an attempt could have been started until it was.",
        labels=["queue", "priority"],
    )
    runs = HistogramMetricFamily(
        "judgeline_queue_run_seconds", "Time that attempts ran, however they ended.", labels=["queue"]
    )
    for queue, stats in found.items():
        for priority in stats.priorities:
            histogram = stats.waits.get(priority, Histogram())
            waits.add_metric([queue, priority], list(_buckets(histogram)), histogram.sum_s)
        runs.add_metric([queue], list(_buckets(stats.runs)), stats.runs.sum_s)
    return waits, runs


def _buckets(histogram: Histogram) -> Iterator[tuple[str, float]]:
    """Cumulative, as Prometheus counts; the last is +Inf and counts all."""
    total = 0
    for bound, count in zip((*histogram.bounds_s, math.inf), histogram.counts, strict=True):
        total += count
        yield "+Inf" if math.isinf(bound) else str(bound), total


def _events(found: Mapping[str, QueueStats]) -> Metric:
    events = CounterMetricFamily(
        "judgeline_queue_events",
        "What happened on the queue since its keys exist.",
        labels=["queue", "event"],
    )
    for queue, stats in found.items():
        for event, count in (dict.fromkeys(EVENTS, 0) | stats.totals).items():
            events.add_metric([queue, event], count)
    return events
