"""The results as Markdown: goals, a table a shape, and what was compared with what."""

import statistics
from collections.abc import Sequence

from bench.harness import Row, shown
from bench.queues import goals
from bench.queues.record import Results, Seen, notes
from bench.queues.rounds import SKIPPED

RIGHT = "--:"
_SHAPES = {
    "one": "one worker",
    "two": "two workers",
    "best": "best set-up",
    "latency": "enqueue to result",
    "kill": "kill -9",
    "delay one": "1 ms, one worker",
    "delay best": "1 ms, best set-up",
    "recovery": "recovery",
}

Line = Sequence[str]


def markdown(results: Results) -> str:
    """Give the whole report."""
    size = "a quick look, not a figure to be shown" if results.quick else "full"
    before, after = results.loads
    load = f"load {before:.1f} before, {after:.1f} after"
    took = f"{results.rounds} rounds, {results.took_s / 60:.0f} min"
    parts = [f"{results.machine}; {load}; {size}, {took}."]
    for title, table in (
        ("Goals", _goals(results)),
        ("Jobs a second, drained", _drains(results)),
        ("CPU a job, one worker, us", _cpu(results)),
        ("Enqueued a second, by one client", _enqueued(results)),
        ("From enqueue to the result at a waiting client, ms", _waits(results)),
        ("The drain while a worker is killed each 250 ms", _kills(results)),
        ("The drain with 1 ms of network each way, jobs/s", _delays(results)),
        ("A held job starts again after a kill -9, s", _recovery(results)),
        ("Versions and settings", _settings(results)),
    ):
        if len(table) > 2:
            parts.append(f"#### {title}\n\n" + "\n".join(f"| {' | '.join(line)} |" for line in table))
    if said := _notes(results):
        parts.append("Notes of the run:\n\n" + "\n".join(f"- {note}" for note in said))
    return "\n\n".join(parts) + "\n"


def _goals(results: Results) -> list[Line]:
    rows: list[Row] = goals.rows(results)
    header = ["figure", "median", "lowest to highest", "goal"]
    return [header, ["---", RIGHT, RIGHT, "---"], *(row.cells() for row in rows)]


def _drains(results: Results) -> list[Line]:
    header = ["system", "one worker", "two workers", "best", "its best is"]
    lines = []
    for each in results.contenders:
        cells = [_cell(results, kind, each, "rate") for kind in ("one", "two", "best")]
        lines.append([each.label, *cells, each.best_is])
    return _table(header, lines, left=1)


def _cpu(results: Results) -> list[Line]:
    lines = [
        [each.label, *(_cell(results, "one", each, figure) for figure in ("worker us", "server us"))]
        for each in results.contenders
        if results.values("one", each.name, "worker us")
    ]
    return _table(["system", "the worker", "the server"], lines)


def _enqueued(results: Results) -> list[Line]:
    lines = [
        [
            each.label,
            _cell(results, "one", each, "one by one"),
            _cell(results, "one", each, "bulk", "no call for it"),
        ]
        for each in results.contenders
        if "enqueue" in each.shapes
    ]
    return _table(["system", "one by one", "in bulk"], lines)


def _waits(results: Results) -> list[Line]:
    figures = ("idle p50", "idle p99", "loaded p50", "loaded p99")
    header = ["system", "idle, p50", "idle, p99", "half load, p50", "half load, p99"]
    lines = [
        [each.label, *(_cell(results, "latency", each, figure) for figure in figures)]
        for each in results.contenders
        if "latency" in each.shapes
    ]
    return _table(header, lines)


def _kills(results: Results) -> list[Line]:
    header = ["system", "jobs", "kills", "all done after", "missing then", "run more than once"]
    lines = []
    for each in results.contenders:
        if "kill" in each.shapes:
            time = _cell(results, "kill", each, "time")
            if limit := results.values("kill", each.name, "limit"):
                time = f"not within {limit[0]:.0f} s" if time == "-" else f"{time} s"
            jobs, kills, missing, twice = (
                _cell(results, "kill", each, figure) for figure in ("jobs", "kills", "missing", "twice")
            )
            lines.append([each.label, jobs, kills, time, missing, twice])
    return _table(header, lines)


def _delays(results: Results) -> list[Line]:
    lines = [
        [each.label, _cell(results, "delay one", each, "rate"), _cell(results, "delay best", each, "rate")]
        for each in results.contenders
        if "delay" in each.shapes
    ]
    return _table(["system", "one worker", "best"], lines)


def _recovery(results: Results) -> list[Line]:
    lines = []
    for each in results.contenders:
        if found := results.of("recovery", each.name):
            cells = [
                _cell(results, "recovery", each, what, _said(found[0].note, what))
                for what in ("child", "machine")
            ]
            lines.append([each.label, *cells])
    return _table(["system", "its process alone", "all of its machine"], lines)


def _said(note: str, what: str) -> str:
    """What a note says of one of the two."""
    parts = dict(part.partition(": ")[::2] for part in note.split("; "))
    return parts.get(what, "-")


def _settings(results: Results) -> list[Line]:
    lines = [[each.label, each.version or "-", each.settings] for each in results.contenders]
    lines += [[each.name, "not here", each.why] for each in results.absent]
    return [["system", "version", "one worker is"], ["---", "---", "---"], *lines]


def _notes(results: Results) -> list[str]:
    said: dict[str, list[str]] = {}
    for shape, title in _SHAPES.items():
        for each in results.contenders:
            for note in notes(results.of(shape, each.name)):
                if shape != "recovery" or note == SKIPPED:
                    said.setdefault(f"{title}: {note}", []).append(each.label)
    return [f"{', '.join(who)}; {what}" for what, who in said.items()]


def _cell(results: Results, shape: str, contender: Seen, figure: str, empty: str = "-") -> str:
    """The median of the rounds, and their lowest and highest where there are several."""
    values = results.values(shape, contender.name, figure)
    if not values:
        failed = any(each.note.startswith("failed") for each in results.of(shape, contender.name))
        return "failed (see notes)" if failed else empty
    middle = shown(statistics.median(values))
    return middle if len(values) == 1 else f"{middle} ({shown(min(values))} to {shown(max(values))})"


def _table(header: Line, lines: Sequence[Line], left: int = 0) -> list[Line]:
    """A table whose first column and last ``left`` ones are text; nothing where nothing was measured."""
    numbers = len(header) - 1 - left
    if all(cell == "-" for line in lines for cell in line[1 : 1 + numbers]):
        return []
    return [header, ["---", *[RIGHT] * numbers, *["---"] * left], *lines]
