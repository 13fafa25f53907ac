"""What was set out to be reached, held against what was measured."""

from collections.abc import Sequence

from bench.harness import Goal, Row
from bench.queues.contender import FLOORS, OURS
from bench.queues.record import Results

_NOT_PYTHON = ("bullmq",)


def rows(results: Results) -> list[Row]:
    """Give a row a goal; those whose figures are missing say so."""
    one = ("one", OURS, "rate")
    peer = best_python_peer(results)
    found = results.contender(peer)
    best = found.label if found else "the best Python peer"
    return [
        _row("one child", "jobs/s", results.values(*one), at_least=7_000),
        _row("two children", "jobs/s", results.values("two", OURS, "rate"), at_least=10_000),
        _row(
            f"one child : one worker of {best}", "x", results.ratios(one, ("one", peer, "rate")), at_least=2.5
        ),
        _against(results, "RQ SimpleWorker", ("one", "rq_simple", "rate"), 18),
        _against(results, "RQ Worker", ("one", "rq_fork", "rate"), 100),
        _against(results, "BullMQ at concurrency 1", ("one", "bullmq", "rate"), 1.6),
        _row(
            "as many children as it takes : BullMQ at concurrency 50",
            "x",
            results.ratios(("best", OURS, "rate"), ("best", "bullmq", "rate")),
            at_least=1,
        ),
        _against(results, "the same scripts over a bare socket", ("one", "floor_ours", "rate"), 0.8),
        _row("bulk enqueue, one client", "jobs/s", results.values("one", OURS, "bulk"), at_least=30_000),
        _row(
            "enqueue to result at half load, p50",
            "ms",
            results.values("latency", OURS, "loaded p50"),
            at_most=0.8,
        ),
        _row(
            "enqueue to result at half load, p99",
            "ms",
            results.values("latency", OURS, "loaded p99"),
            at_most=3,
        ),
        _row("enqueue to result, idle, p50", "ms", results.values("latency", OURS, "idle p50"), at_most=0.8),
        _row("enqueue to result, idle, p99", "ms", results.values("latency", OURS, "idle p99"), at_most=3),
        _row(
            "a job starts again after its child's kill -9",
            "s",
            results.values("recovery", OURS, "child"),
            at_most=0.2,
        ),
        _row("... after its machine's", "s", results.values("recovery", OURS, "machine"), at_most=12),
        _row(
            "jobs missing after the drain under kill -9",
            "jobs",
            results.values("kill", OURS, "missing"),
            at_most=0,
        ),
    ]


def best_python_peer(results: Results) -> str:
    """Give the name of the peer in Python whose one worker drained most."""
    rates = {
        each.name: max(results.values("one", each.name, "rate"), default=0.0)
        for each in results.contenders
        if each.name not in (OURS, *FLOORS, *_NOT_PYTHON)
    }
    return max(rates, key=lambda name: rates[name], default="")


def _against(results: Results, whom: str, other: tuple[str, str, str], at_least: float) -> Row:
    return _row(f"one child : {whom}", "x", results.ratios(("one", OURS, "rate"), other), at_least=at_least)


def _row(
    what: str,
    unit: str,
    values: Sequence[float],
    *,
    at_least: float | None = None,
    at_most: float | None = None,
) -> Row:
    return Row(
        what=what,
        unit=unit,
        values=values,
        goal=Goal(at_least=at_least, at_most=at_most),
        note="" if values else "not measured",
    )
