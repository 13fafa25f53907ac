"""What a run came to: the numbers, the promises that were broken, and how both read."""

from collections.abc import Mapping

import msgspec

MOST_NAMED = 20
"""Ids that are named for each broken promise."""


class Recovery(msgspec.Struct, frozen=True, kw_only=True):
    """How long it took until jobs went on that were in the hands of something killed, stopped or cut off."""

    jobs: int
    p50_s: float
    max_s: float


class Broken(msgspec.Struct, frozen=True, kw_only=True):
    """Ids for which a promise was broken, sorted. All of these empty is a pass."""

    lost: list[str] = []
    """Accepted, not ended, and nowhere on the queue."""
    stuck: list[str] = []
    """Accepted, not ended, and nothing moved any more."""
    ended_twice: list[str] = []
    """More than one accepted FINISH while Redis kept its data."""
    not_one_record: list[str] = []
    """Not exactly one end written into its row, or a row that changed after it."""
    changed: list[str] = []
    """One end stood in Redis and the store recorded another, though Redis was not emptied in between."""
    wrong_end: list[str] = []
    """Ended as it could not: an innocent job that became a dead letter, say."""
    strangers: list[str] = []
    """Rows that nobody submitted."""
    leaked_keys: list[str] = []
    """Keys of the queue that would stay for good now that all jobs have ended."""
    processes: list[str] = []
    """Processes that ended by themselves, did not obey SIGTERM, or outlived the run."""

    @property
    def any(self) -> bool:
        """Whether there is one."""
        return any(getattr(self, name) for name in self.__struct_fields__)


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """A run. Spans are seconds."""

    seed: int
    engine: str
    server: str
    """Name, version, and how durable it was."""
    supervisors: int
    children: int
    jobs: int
    """Accepted: their rows were committed."""
    ended: dict[str, int]
    """State -> jobs, by the store."""
    seconds: float
    storm_s: float
    """While jobs were submitted and faults done."""
    waited: Recovery
    """From acceptance to the end, of those that have ended."""
    executed: int
    """Attempts whose handler began, by the workers' own log."""
    broken_off: int
    """Of them died in the middle."""
    duplicates: int
    """Jobs whose handler began more than once."""
    by_themselves: int
    """Of them for what they did themselves: they failed, or killed their child, as was planned."""
    most_attempts: int
    completed_twice: int
    """Of the others those whose handler came to its end more than once: work done, and done again."""
    most_finishes: int
    """Accepted FINISHes of one job, at most, while Redis kept its data."""
    most_records: int
    """Ends written into one row, at most."""
    changed_by_emptying: int
    """Jobs whose end stood in Redis unrecorded when it was emptied, and whose recorded end is another."""
    submits: dict[str, int]
    """What became of submits: refused by a full queue, server away, producer died after COMMIT ..."""
    faults: dict[str, int]
    kills_a_second: float
    """Of children and supervisors, in the storm."""
    recovered: Recovery
    """Of all that was killed."""
    recoveries: dict[str, Recovery]
    """Fault -> recovery; of stopped and cut-off processes those jobs that others took over."""
    server_away: Recovery
    """From a server kill to its first answer; ``jobs`` are kills."""
    totals: dict[str, int]
    """The queue's own counters, since Redis was emptied the last time."""
    broken: Broken

    @property
    def passed(self) -> bool:
        """Whether every promise was kept, and there was something to keep."""
        return self.jobs > 0 and not self.broken.any


def recovery(spans: list[float]) -> Recovery:
    """Sum up spans, seconds."""
    ordered = sorted(spans)
    return Recovery(
        jobs=len(ordered),
        p50_s=round(ordered[len(ordered) // 2], 3) if ordered else 0.0,
        max_s=round(ordered[-1], 3) if ordered else 0.0,
    )


def as_text(report: Report) -> str:
    """Give the report as people read it."""
    broken = report.broken
    lines = [
        f"chaos with seed {report.seed}, engine {report.engine}, {report.server}",
        _workers(report),
        "",
        _row("jobs accepted", report.jobs, _counts(report.ended)),
        _row("  to the end", "", f"from their acceptance: {_spans(report.waited)}"),
        _row("executed", report.executed, f"attempts begun; {report.broken_off:,} died in the middle"),
        _row(
            "duplicates",
            report.duplicates,
            f"jobs begun more than once, {report.by_themselves:,} of them as they failed by themselves;"
            f" of the others {report.completed_twice:,} were worked to the end more than once",
        ),
        _row("recovered", report.recovered.jobs, f"jobs in killed hands: {_spans(report.recovered)}"),
        *(
            _row(f"  {name}", found.jobs, _spans(found) if found.jobs else "nothing was in hand")
            for name, found in report.recoveries.items()
        ),
        _row("server away", report.server_away.jobs, _spans(report.server_away)),
        _row("faults", sum(report.faults.values()), _counts(report.faults)),
        _row("  kills a second", f"{report.kills_a_second:.2f}", "of children and supervisors"),
        _row("submits", "", _counts(report.submits)),
        _row("counters", "", _counts(report.totals)),
        "",
        _verdict("lost", broken.lost),
        _verdict("stuck", broken.stuck),
        _verdict(
            "ended twice", broken.ended_twice, f"accepted FINISHes of a job: at most {report.most_finishes}"
        ),
        _verdict(
            "not one record", broken.not_one_record, f"recorded ends of a job: at most {report.most_records}"
        ),
        _verdict("changed verdict", broken.changed, _emptied(report.changed_by_emptying)),
        _verdict("wrong end", broken.wrong_end),
        _verdict("strangers", broken.strangers),
        _verdict("leaked keys", broken.leaked_keys),
        _verdict("processes", broken.processes),
        "",
        "passed" if report.passed else "FAILED",
    ]
    return "\n".join(line.rstrip() for line in lines)


def _workers(report: Report) -> str:
    spans = f"{report.seconds:.0f} s, {report.storm_s:.0f} s of it storm"
    return f"{report.supervisors} supervisors of {report.children} children; {spans}"


def _row(name: str, number: object, more: str) -> str:
    shown = f"{number:,}" if isinstance(number, int) else str(number)
    return f"{name:<18}{shown:>9}  {more}"


def _verdict(name: str, found: list[str], more: str = "") -> str:
    named = ", ".join(found[:MOST_NAMED]) + (" ..." if len(found) > MOST_NAMED else "")
    return _row(name, len(found), "; ".join(part for part in (more, named) if part))


def _spans(found: Recovery) -> str:
    return f"p50 {found.p50_s:.3f} s, max {found.max_s:.3f} s" if found.jobs else ""


def _counts(found: Mapping[str, int]) -> str:
    return ", ".join(f"{count:,} {name}" for name, count in found.items() if count)


def _emptied(count: int) -> str:
    return f"{count} besides, as Redis was emptied before the store had them" if count else ""
