"""Who is measured when: all take turns, each round begins with another one, nobody stops the run.

The first round has every shape; the later ones repeat what ratios are made of, drains and waits, as long as
there is time for a whole round. What fails becomes a note.
"""

import re
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

import msgspec

from bench.harness import Options, progress
from bench.queues import delays, drains, kills, recovery, waits
from bench.queues.contender import OURS, Contender
from bench.queues.drains import Figures
from bench.queues.record import Record, Results

SHAPES = ("drain", "latency", "recovery", "kill", "delay")
BUDGET_S, QUICK_BUDGET_S = 14.5 * 60, 170.0
SKIPPED = "skipped: the time was over"
_RECOVER = (OURS, "rq_simple", "rq_fork")
_NOTE = 300
_PATH = re.compile(r"(?:/[\w.@+-]+)+/")
"""Folders of this machine, which nobody else needs to know."""

Measure = Callable[[], tuple[Figures, str]]


class Step(msgspec.Struct, frozen=True):
    """One measurement to make."""

    round: int
    shape: str
    contender: Contender
    measure: Measure


class Plan(msgspec.Struct, frozen=True):
    """What to measure."""

    contenders: Sequence[Contender]
    shapes: Sequence[str]
    options: Options


def run(results: Results, plan: Plan, save: Path | None) -> None:
    """Measure everything, adding to the results, which are saved after each step."""
    options = plan.options
    began = time.monotonic()
    budget_s = QUICK_BUDGET_S if options.quick else BUDGET_S
    repeats_s = 0.0
    for number in range(options.rounds):
        if number and time.monotonic() - began + repeats_s > budget_s:
            progress(f"there is no time for round {number + 1}")
            break
        for step in _repeated(results, plan, number):
            _take(results, step, began, budget_s, save)
        if not number:
            repeats_s = time.monotonic() - began
            for step in _once(plan):
                _take(results, step, began, budget_s, save)
        results.rounds = number + 1


def _take(results: Results, step: Step, began: float, budget_s: float, save: Path | None) -> None:
    """Make one measurement, or note why it was not made."""
    spent = time.monotonic() - began
    told = f"{spent / 60:4.1f} min: round {step.round + 1}, {step.shape}, {step.contender.label}"
    progress(told)
    figures, note = ({}, SKIPPED) if spent > budget_s else _measured(step)
    if note:
        progress(f"{told}: {note}")
    results.records.append(
        Record(
            round=step.round, shape=step.shape, name=step.contender.name, figures=figures, note=note[:_NOTE]
        )
    )
    results.took_s = time.monotonic() - began
    if save:
        results.save(save)


def _measured(step: Step) -> tuple[Figures, str]:
    try:
        return step.measure()
    except Exception as error:  # noqa: BLE001 - whatever a peer does, the others are measured
        return {}, f"failed: {_PATH.sub('', str(error) or type(error).__name__)}"


def _repeated(results: Results, plan: Plan, number: int) -> Iterator[Step]:
    """What every round has."""
    contenders, options = _rotated(plan.contenders, number), plan.options
    for kind in ("one", "best") if options.quick else ("one", "two", "best"):
        for each in contenders:
            if "drain" in plan.shapes and (kind != "best" or each.best):
                yield Step(number, kind, each, partial(drains.drain, each, kind, options))
    for each in contenders:
        if "latency" in plan.shapes and "latency" in each.shapes:
            yield Step(number, "latency", each, partial(_wait, results, each, number, options))


def _once(plan: Plan) -> Iterator[Step]:
    """What only the first round has: measured against the clock, so not in ratios."""
    contenders, shapes, options = plan.contenders, plan.shapes, plan.options
    for each in contenders:
        if "recovery" in shapes and each.name in _RECOVER:
            yield Step(0, "recovery", each, partial(recovery.recover, each, options))
    for each in contenders:
        if "kill" in shapes and "kill" in each.shapes:
            yield Step(0, "kill", each, partial(kills.survive, each, options))
    for kind in ("one",) if options.quick else ("one", "best"):
        for each in contenders:
            if "delay" in shapes and "delay" in each.shapes and (kind == "one" or each.best):
                yield Step(0, f"delay {kind}", each, partial(delays.delayed, each, kind, options))


def _rotated(contenders: Sequence[Contender], number: int) -> list[Contender]:
    first = number * 5 % max(1, len(contenders))
    return [*contenders[first:], *contenders[:first]]


def _wait(results: Results, contender: Contender, number: int, options: Options) -> tuple[Figures, str]:
    """At half of its capacity: what its worker drained last, or what a client enqueued where that is less."""
    drained = results.values("one", contender.name, "rate")
    enqueued = results.values("one", contender.name, "one by one")
    capacity = min([*drained[-1:], *enqueued[-1:]], default=float(contender.pace[0]))
    return waits.wait(contender, capacity, options, seed=number)
