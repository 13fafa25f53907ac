"""/metrics for Prometheus: the front's requests, over all its processes, and the queues as they stand.

With PROMETHEUS_MULTIPROC_DIR set (gunicorn_conf.py does), counts live in files of that folder, one set a
process; without it, in this process.
"""

import os
import time
from collections.abc import Iterable, Mapping

from flask import Flask, Response, g, request
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.metrics_core import Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from api.queue_metrics import QueueCollector
from judgeline.queues.engine import Engine

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
