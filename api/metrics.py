"""/metrics for Prometheus: the front's requests, over all its processes, and the queues as they stand.

With PROMETHEUS_MULTIPROC_DIR set (gunicorn_conf.py does), counts live in files of that folder, one set a
process; without it, in this process.
"""

import contextlib
import os
import time
from collections.abc import Iterable, Mapping

from flask import Flask, Response, g, request
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from judgeline.queues.engine import Engine, QueueStats
from judgeline.queues.errors import QueueUnavailable

_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 30.0)
"""Seconds: a submit takes milliseconds, a wait up to half a minute."""


class Metrics:
    """The front's own counts."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._requests = Counter(
            "judgeline_http_requests",
            "Requests answered, by route, method and status.",
            ("route", "method", "status"),
            registry=self.registry,
        )
        self._seconds = Histogram(
            "judgeline_http_request_seconds",
            "Time until the answer began, by route; waits included.",
            ("route",),
            buckets=_BUCKETS,
            registry=self.registry,
        )
        self._known: dict[tuple[str, str, int], tuple[Counter, Histogram]] = {}

    def observe(self, app: Flask) -> None:
        """Count every request of an app."""
        app.before_request(self._begin)
        app.after_request(self._end)

    def _begin(self) -> None:
        g.began = time.perf_counter()

    def _end(self, response: Response) -> Response:
        rule = request.url_rule
        # An unknown path is one label, else anybody could fill memory with labels.
        labels = (rule.rule if rule else "(none)", request.method if rule else "(any)", response.status_code)
        children = self._known.get(labels)
        if children is None:
            route, method, status = labels
            children = self._requests.labels(route, method, str(status)), self._seconds.labels(route)
            self._known[labels] = children
        children[0].inc()
        children[1].observe(time.perf_counter() - g.began)
        return response


def exposition(metrics: Metrics, engines: Mapping[str, Engine]) -> Response:
    """All metrics in Prometheus' text format."""
    registry = CollectorRegistry()
    if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    else:
        registry.register(_Merged(metrics.registry))
    registry.register(QueueCollector(engines))
    return Response(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


class _Merged(Collector):
    """Another registry's metrics."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._registry = registry

    def collect(self) -> Iterable[Metric]:
        return self._registry.collect()


class QueueCollector(Collector):
    """The queues, asked when scraped. One that does not answer has only ``judgeline_queue_up`` 0."""

    def __init__(self, engines: Mapping[str, Engine]) -> None:
        self._engines = engines

    def collect(self) -> Iterable[Metric]:
        """Ask every queue, one round trip each."""
        up = GaugeMetricFamily("judgeline_queue_up", "Whether the queue answers.", labels=["queue"])
        found: dict[str, QueueStats] = {}
        with contextlib.suppress(QueueUnavailable):  # they share a server: one wait for it is enough
            for name, engine in self._engines.items():
                found[name] = engine.stats()
        for name in self._engines:
            up.add_metric([name], int(name in found))
        yield up
        yield from _of_priorities(found)
        yield from _of_queues(found)


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
    "workers": "Workers whose lease runs.",
}


def _of_queues(found: Mapping[str, QueueStats]) -> Iterable[Metric]:
    for name, text in _GAUGES.items():
        gauge = GaugeMetricFamily(f"judgeline_queue_{name}", text, labels=["queue"])
        for queue, stats in found.items():
            gauge.add_metric([queue], getattr(stats, name))
        yield gauge
    events = CounterMetricFamily(
        "judgeline_queue_events",
        "What happened on the queue since its keys exist.",
        labels=["queue", "event"],
    )
    for queue, stats in found.items():
        for event, count in stats.totals.items():
            events.add_metric([queue, event], count)
    yield events
