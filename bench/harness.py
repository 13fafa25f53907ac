"""What all measurements share: the command line, rounds, statistics and the table.

A measurement is a function of ``Options`` that gives rows. A row holds one figure a round, because a
machine's speed changes while one measures: contenders take turns within a round, a ratio is of the same
round, and what is shown is the median of the rounds with the lowest and the highest.
"""

import argparse
import importlib.metadata
import math
import os
import platform
import signal
import statistics
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NoReturn, TypeVar

import msgspec

from judgeline.embedded.binary import bundled_server

ROOT = Path(__file__).parents[1]
LIMIT_S = 900
"""A measurement that takes longer than this is given up."""
_PACKAGES = ("redis", "hiredis", "rq", "flask", "gunicorn", "sqlalchemy", "msgspec")

T = TypeVar("T")


class Options(msgspec.Struct, frozen=True):
    """How thorough to be."""

    quick: bool
    rounds: int

    def size(self, full: int, quick: int) -> int:
        """A number of jobs, requests or runs: one for a look, another for a figure to be shown."""
        return quick if self.quick else full


class Goal(msgspec.Struct, frozen=True):
    """What a median is held against."""

    at_least: float | None = None
    at_most: float | None = None

    def met(self, value: float) -> bool:
        """Whether a figure is on the right side."""
        above = self.at_least is None or value >= self.at_least
        return above and (self.at_most is None or value <= self.at_most)

    def __str__(self) -> str:
        return f"≥ {shown(self.at_least)}" if self.at_least is not None else f"≤ {shown(self.at_most or 0)}"


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the table: a figure for each round."""

    what: str
    unit: str
    values: Sequence[float]
    goal: Goal | None = None
    note: str = ""
    """What is shown where there are no figures."""

    @property
    def median(self) -> float:
        """The middle of the rounds. Raises StatisticsError where there are none."""
        return statistics.median(self.values)

    def cells(self) -> list[str]:
        """What the table shows of it."""
        if not self.values:
            return [self.what, self.note or "-", "", f"{self.goal}" if self.goal else ""]
        spread = f"{shown(min(self.values))} to {shown(max(self.values))}"
        verdict = (
            "" if self.goal is None else f"{self.goal}: {'met' if self.goal.met(self.median) else 'missed'}"
        )
        return [self.what, f"{shown(self.median)} {self.unit}".strip(), spread, verdict]


class Rounds:
    """Collects one figure a round and name, and makes rows of them."""

    def __init__(self) -> None:
        self._figures: dict[str, list[float]] = {}

    def add(self, name: str, figure: float) -> None:
        """Note this round's figure."""
        self._figures.setdefault(name, []).append(figure)

    def row(self, name: str, unit: str, goal: Goal | None = None, what: str = "") -> Row:
        """The row of one name, shown as ``what``."""
        return Row(what=what or name, unit=unit, values=self._figures[name], goal=goal)

    def ratio(self, what: str, above: str, below: str, goal: Goal | None = None) -> Row:
        """The row of two names' ratio, round by round."""
        pairs = zip(self._figures[above], self._figures[below], strict=True)
        return Row(what=what, unit="x", values=[one / other for one, other in pairs], goal=goal)


Measurement = Callable[[Options], list[Row]]


def main(title: str, measure: Measurement, description: str) -> NoReturn:
    """Be the command line of one measurement."""
    options, as_json = _arguments(description)
    report = run(title, measure, options)
    sys.stdout.write((msgspec.json.encode(report).decode() if as_json else markdown(report)) + "\n")
    sys.exit(0)


def main_of_all(measurements: dict[str, Measurement], description: str) -> NoReturn:
    """Be the command line of all of them, one after another."""
    options, as_json = _arguments(description)
    reports = [run(title, measure, options) for title, measure in measurements.items()]
    if as_json:
        sys.stdout.write(msgspec.json.encode(reports).decode() + "\n")
    else:
        sys.stdout.write("\n\n".join(markdown(report) for report in reports) + "\n")
    sys.exit(0)


def run(title: str, measure: Measurement, options: Options) -> dict[str, Any]:
    """Run one measurement within its time; give what is to be shown."""
    machine, load = describe_machine(), os.getloadavg()[0]
    signal.signal(signal.SIGALRM, _out_of_time)
    signal.signal(signal.SIGTERM, _terminated)
    signal.alarm(LIMIT_S)
    try:
        rows = measure(options)
    finally:
        signal.alarm(0)
    return {
        "title": title,
        "machine": f"{machine}; load {load:.1f} before, {os.getloadavg()[0]:.1f} after",
        "rounds": options.rounds,
        "quick": options.quick,
        "rows": [
            {
                "what": row.what,
                "unit": row.unit,
                "median": row.median if row.values else None,
                "values": list(row.values),
                "cells": row.cells(),
            }
            for row in rows
        ],
    }


def markdown(report: dict[str, Any]) -> str:
    """A report as a table, with the machine above it."""
    header = ["figure", f"median of {report['rounds']}", "lowest to highest", "goal"]
    lines = [header, ["---", "--:", "--:", "---"], *(row["cells"] for row in report["rows"])]
    size = "quick" if report["quick"] else "full"
    return "\n".join(
        [f"### {report['title']}", "", f"{report['machine']}; {size}", ""]
        + [f"| {' | '.join(line)} |" for line in lines]
    )


def describe_machine(packages: Sequence[str] = _PACKAGES) -> str:
    """Hardware and versions, in one line."""
    cpu = platform.processor() or platform.machine()
    for line in Path("/proc/cpuinfo").read_text().splitlines() if sys.platform == "linux" else ():
        if line.startswith("model name"):
            cpu = line.partition(":")[2].strip()
            break
    server = subprocess.run(
        [bundled_server(), "--version"], capture_output=True, text=True, check=True
    ).stdout
    version = next((word[2:] for word in server.split() if word.startswith("v=")), "?")
    named = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in packages)
    return (
        f"{os.cpu_count()} cores of {cpu}, {platform.system()} {platform.release()}, "
        f"Python {platform.python_version()}, Valkey {version}, {named}"
    )


def turns(contenders: Sequence[T], options: Options) -> Iterator[tuple[int, T]]:
    """Give each contender once a round, each round beginning with another one."""
    for number in range(options.rounds):
        first = number % len(contenders)
        for contender in (*contenders[first:], *contenders[:first]):
            yield number, contender


def progress(text: str) -> None:
    """Tell who is watching; standard output is the report's."""
    sys.stderr.write(f"bench: {text}\n")
    sys.stderr.flush()


def percentile(figures: Sequence[float], percent: float) -> float:
    """The smallest figure that so many percent do not exceed."""
    ordered = sorted(figures)
    return ordered[max(0, math.ceil(len(ordered) * percent / 100) - 1)]


def shown(figure: float) -> str:
    """A figure with about three digits that count."""
    if abs(figure) >= 1000:
        return f"{figure:,.0f}"
    return f"{figure:.3g}" if abs(figure) >= 0.001 or not figure else f"{figure:.1e}"


def _arguments(description: str) -> tuple[Options, bool]:
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--quick", action="store_true", help="small sizes and two rounds: a look, not a figure"
    )
    parser.add_argument("--rounds", type=int, help="rounds (5; with --quick 2)")
    parser.add_argument("--json", action="store_true", help="print JSON with every round's figure")
    given = parser.parse_args()
    rounds = given.rounds if given.rounds is not None else (2 if given.quick else 5)
    if rounds < 1:
        parser.error("--rounds: at least 1")
    return Options(quick=given.quick, rounds=rounds), given.json


def _out_of_time(_number: int, _frame: object) -> NoReturn:
    raise TimeoutError(f"the measurement took more than {LIMIT_S} s")


def _terminated(_number: int, _frame: object) -> NoReturn:
    sys.exit(143)
