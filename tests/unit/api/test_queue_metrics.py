"""The queues' metrics, read back by Prometheus' own parser."""

import math
from types import SimpleNamespace

import pytest
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from api.queue_metrics import EVENTS, QueueCollector
from judgeline.queues.engine import BOUNDS_S, Histogram, QueueStats, WorkerView
from judgeline.queues.engine import PriorityStats as Figures
from judgeline.queues.errors import QueueUnavailable
from judgeline.queues.memory import MemoryEngine
from judgeline.queues.options import QueueOptions


def scrape(*engines):
    registry = CollectorRegistry()
    registry.register(QueueCollector({engine.name: engine for engine in engines}))
    text = generate_latest(registry).decode()
    return {family.name: family for family in text_string_to_metric_families(text)}


def value(families, name, **labels):
    (found,) = [
        sample.value
        for family in families.values()
        for sample in family.samples
        if sample.name == name and labels.items() <= sample.labels.items()
    ]
    return found


def engine_with(stats, workers=()):
    return SimpleNamespace(name="q", stats=lambda: stats, workers=lambda: list(workers))


def stats_with(**more):
    figures = Figures(queued=0, queued_bytes=0, oldest_ms=0, paused=False, weight=1)
    return QueueStats(
        priorities={"high": figures, "low": figures},
        **dict.fromkeys(("running", "delayed", "dead", "unrecorded", "workers"), 0),
        drain_per_s=0.0,
        **{"totals": {}} | more,
    )


@pytest.fixture
def histogram():
    counts = [0] * (len(BOUNDS_S) + 1)
    counts[0], counts[3], counts[-1] = 4, 2, 1
    return Histogram(counts=tuple(counts), sum_s=1234.5)


def test_names_and_units_are_as_prometheus_wants_them():
    for name, family in scrape(MemoryEngine("q", QueueOptions(handler="noop"))).items():
        assert name.startswith("judgeline_queue_")
        assert family.documentation.endswith(".")
        for sample in family.samples:
            assert sample.name.endswith("_total") == (family.type == "counter")
        if family.type == "histogram":
            assert name.endswith("_seconds")


def test_a_histogram_is_cumulative_and_its_infinite_bucket_is_its_count(histogram):
    families = scrape(engine_with(stats_with(waits={"high": histogram}, runs=histogram)))
    for name, labels in (
        ("judgeline_queue_wait_seconds", {"queue": "q", "priority": "high"}),
        ("judgeline_queue_run_seconds", {"queue": "q"}),
    ):
        buckets = [
            (float(sample.labels["le"]), sample.value)
            for sample in families[name].samples
            if sample.name == f"{name}_bucket" and labels.items() <= sample.labels.items()
        ]
        assert [bound for bound, _ in buckets] == [*BOUNDS_S, math.inf]
        counts = [count for _, count in buckets]
        assert counts == sorted(counts)
        assert (counts[0], counts[3], counts[-2], counts[-1]) == (4, 6, 6, 7)
        assert value(families, f"{name}_count", **labels) == 7
        assert value(families, f"{name}_sum", **labels) == 1234.5
    assert value(families, "judgeline_queue_wait_seconds_count", priority="low") == 0


def test_every_event_is_there_before_it_first_happens():
    families = scrape(engine_with(stats_with(totals={"lost": 3})))
    told = {sample.labels["event"]: sample.value for sample in families["judgeline_queue_events"].samples}
    assert told == dict.fromkeys(EVENTS, 0) | {"lost": 3}


def test_workers_are_told_by_what_they_do():
    workers = [
        WorkerView(name="a", lease_ms=900, jobs=["j"]),
        WorkerView(name="b", lease_ms=900, jobs=[]),
        WorkerView(name="c", lease_ms=900, jobs=[]),
        WorkerView(name="d", lease_ms=-5, jobs=["k"]),
    ]
    families = scrape(engine_with(stats_with(), workers))
    told = {sample.labels["state"]: sample.value for sample in families["judgeline_queue_workers"].samples}
    assert told == {"busy": 1, "idle": 2, "lapsed": 1}


def test_closed_and_paused_are_seen():
    engine = MemoryEngine("q", QueueOptions(handler="noop"))
    engine.shut()
    engine.pause("low")
    families = scrape(engine)
    assert value(families, "judgeline_queue_closed") == 1
    assert value(families, "judgeline_queue_paused", priority="low") == 1
    assert value(families, "judgeline_queue_paused", priority="high") == 0
    engine.reopen()
    assert value(scrape(engine), "judgeline_queue_closed") == 0


class Away(MemoryEngine):
    def stats(self):
        raise QueueUnavailable("a shard is away")


@pytest.mark.parametrize(("shards", "others"), [(2, 1), (1, 0)])
def test_a_queue_in_parts_that_does_not_answer_takes_no_other_with_it(shards, others):
    engines = {
        "cut": Away("cut", QueueOptions(handler="noop", shards=shards)),
        "whole": MemoryEngine("whole", QueueOptions(handler="noop")),
    }
    (up, *_) = QueueCollector(engines).collect()
    assert {sample.labels["queue"]: sample.value for sample in up.samples} == {"cut": 0, "whole": others}
