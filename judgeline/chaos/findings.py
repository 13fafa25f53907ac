"""From the evidence to the report.

Nothing here asks the code under test how it did. What was accepted is what was committed; executions are the
handlers' own log (``attempts``); accepted FINISHes stand in the server's append-only file (``history``);
recorded results are what a trigger in the database saw (``records``). Only whether the queue still has what
did not end (stuck) or has not (lost) is asked of it.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence

import msgspec

from judgeline.chaos.attempts import Attempts
from judgeline.chaos.faults import Done
from judgeline.chaos.history import End, History
from judgeline.chaos.plan import ENDS, KILLS, Fault, JobPlan
from judgeline.chaos.records import Records, Row
from judgeline.chaos.report import Broken, Recovery, recovery

_PASSING = (Fault.PARTITION, Fault.SLOW, Fault.STOP_CHILD, Fault.STOP_SUPERVISOR, Fault.STOP_ALL)


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """All that a run has left."""

    accepted: Mapping[str, JobPlan]
    attempts: Attempts
    history: History
    records: Records
    faults: Sequence[Done]
    on_queue: Mapping[str, bool]
    """For each job whose row is pending: whether the queue still has it."""
    wall_offset_s: float
    """Unix time minus ``time.monotonic()``."""
    leaked_keys: list[str]
    processes: list[str]


def find_broken(evidence: Evidence) -> Broken:
    """Hold the promises against the evidence."""
    accepted, records, history = evidence.accepted, evidence.records, evidence.history
    ended = {job_id: row for job_id, row in records.rows.items() if row.state != "pending"}
    pending = [job_id for job_id in accepted if job_id not in ended]
    return Broken(
        lost=sorted(job_id for job_id in pending if not evidence.on_queue.get(job_id, False)),
        stuck=sorted(job_id for job_id in pending if evidence.on_queue.get(job_id, False)),
        ended_twice=sorted(job_id for job_id in history.ends if history.most_ends(job_id) > 1),
        not_one_record=sorted(
            {job_id for job_id in ended if job_id in accepted and records.recorded.get(job_id, 0) != 1}
            | set(records.altered)
        ),
        changed=sorted(_changed(evidence)[False]),
        wrong_end=sorted(
            job_id
            for job_id, row in ended.items()
            if job_id in accepted and row.state not in ENDS[accepted[job_id].kind]
        ),
        strangers=sorted(records.rows.keys() - accepted.keys()),
        leaked_keys=evidence.leaked_keys,
        processes=evidence.processes,
    )


def changed_by_emptying(evidence: Evidence) -> int:
    """Give how many jobs' recorded end is another than one that Redis had and lost."""
    return len(_changed(evidence)[True])


def find_recoveries(evidence: Evidence) -> dict[Fault, list[float]]:
    """Give, for each fault, how long the jobs it met took to be begun again or to end, seconds.

    For processes that were stopped or cut off only those jobs count that others took over meanwhile.
    """
    found: defaultdict[Fault, list[float]] = defaultdict(list)
    for fault in evidence.faults:
        if fault.fault in (Fault.SERVER, Fault.STOP_SERVER):
            continue
        for pid in fault.pids:
            attempt = evidence.attempts.in_hand(pid, fault.at)
            if attempt is None or attempt.id not in evidence.accepted:
                continue
            again = evidence.attempts.next_begin(attempt.id, fault.at)
            if fault.fault in KILLS:
                ended = _ended_at(evidence, attempt.id)
                if attempt.ended is None and min(again, ended) < float("inf"):
                    found[fault.fault].append(max(0.0, min(again, ended) - fault.at))
            elif again < min(fault.until, attempt.ended or float("inf")):
                found[fault.fault].append(again - fault.at)
    return {fault: found[fault] for fault in Fault if fault in found or fault in (*KILLS, *_PASSING)}


def sum_up(
    spans: Mapping[Fault, list[float]], faults: Sequence[Done]
) -> tuple[Recovery, dict[str, Recovery]]:
    """Give the recovery of all that was killed, and of each fault that was done."""
    killed = [span for fault, those in spans.items() if fault in KILLS for span in those]
    done = {fault.fault for fault in faults}
    each = {
        fault.value: recovery(those)
        for fault, those in spans.items()
        if fault in done and fault in (Fault.CHILD, Fault.SUPERVISOR, *_PASSING)
    }
    return recovery(killed), each


def count_faults(faults: Sequence[Done]) -> dict[str, int]:
    """Give how often each fault was done, in the order of their names' list."""
    counted = Counter(fault.fault for fault in faults)
    return {fault.value: counted[fault] for fault in Fault if counted[fault]}


def _changed(evidence: Evidence) -> dict[bool, set[str]]:
    """Give the jobs with an end in Redis that is not their row's, by whether Redis was emptied in between."""
    emptied = [
        (fault.at + evidence.wall_offset_s) * 1000 for fault in evidence.faults if fault.fault is Fault.EMPTY
    ]
    found: dict[bool, set[str]] = {False: set(), True: set()}
    for job_id, ends in evidence.history.ends.items():
        row = evidence.records.rows.get(job_id)
        if row is None or row.state == "pending":
            continue
        for end in ends:
            if _shown_before(end, row) and (end.state, end.result) != (row.state, row.result):
                between = any(end.finished_ms - 1 <= at <= row.finished_ms + 1 for at in emptied)
                found[between].add(job_id)
    return found


def _shown_before(end: End, row: Row) -> bool:
    """Whether the end could be read: what the row says is shown before what Redis says."""
    return end.finished_ms < row.finished_ms or (end.state, end.finished_ms) == (row.state, row.finished_ms)


def _ended_at(evidence: Evidence, job_id: str) -> float:
    """When a job's row says that it ended (``time.monotonic()``), infinity for not yet."""
    row = evidence.records.rows.get(job_id)
    if row is None or not row.finished_ms:
        return float("inf")
    return row.finished_ms / 1000 - evidence.wall_offset_s
