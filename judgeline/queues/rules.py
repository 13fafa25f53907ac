"""Rules that hold whatever the engine: what may be enqueued, how long to wait, what fits."""

import hashlib
import math
import re
from typing import Any

import msgspec

from judgeline.queues.engine import Ending, Finish
from judgeline.queues.errors import JobTooLarge, QueueError, QueueFull, UnknownPriority
from judgeline.queues.job import MAX_PROGRESS_BYTES, MAX_RESULT_BYTES, Claim, NewJob
from judgeline.queues.options import BackoffOptions, QueueOptions

MAX_BATCH = 100
"""Jobs in one call of ``enqueue`` or ``settle``: a script must not hold the server for long."""
MAX_LOOKED_UP = 1_000
"""Jobs in one call of ``exists``."""
MAX_USER_BYTES = 256
MAX_EVIDENCE_BYTES = 65_536
MAX_REASON_CHARACTERS = 500
MAX_DELAY_MS = 86_400_000 * 30
"""The longest delay, milliseconds; ENQUEUE holds a date against the same."""
LOST_LIMIT = 10

JOB_ID = re.compile(r"[A-Za-z0-9_.:-]{1,128}")


def refusal_of(job: NewJob, queue: str, options: QueueOptions) -> QueueError | None:
    """Give why a queue can never take this job, or None."""
    if not JOB_ID.fullmatch(job.id):
        return QueueError(f"a job's id is 1 to 128 of A-Z a-z 0-9 _ . : -, not {job.id!r}")
    if job.priority not in options.priorities:
        return UnknownPriority(f"queue {queue} has no priority {job.priority!r}")
    most = options.max_payload_bytes
    if len(job.payload) > most:
        return JobTooLarge(f"a payload of {len(job.payload)} bytes; queue {queue} takes {most}")
    if len(job.user.encode()) > MAX_USER_BYTES:
        return JobTooLarge(f"a user's name is at most {MAX_USER_BYTES} bytes")
    return _bad_delay(job)


def too_far_ahead(job_id: str) -> QueueError:
    """Give the refusal of a date that only the server's clock could tell to be too far off."""
    return QueueError(f"not_before_ms of job {job_id} is more than 30 days ahead of the server's clock")


def _bad_delay(job: NewJob) -> QueueError | None:
    if not 0 <= job.delay_ms <= MAX_DELAY_MS:
        bounds = f"0 to {MAX_DELAY_MS} (30 days)"
        return QueueError(f"delay_ms of job {job.id} must be {bounds}, not {job.delay_ms}")
    if job.not_before_ms < 0:
        return QueueError(f"not_before_ms of job {job.id} must be a Unix time, not {job.not_before_ms}")
    if job.delay_ms and job.not_before_ms:
        return QueueError(f"job {job.id} has both delay_ms and not_before_ms; at most one of them says when")
    if job.not_before_ms >= 2**53:
        return too_far_ahead(job.id)
    return None


def start_of(job: NewJob) -> str:
    """Say when a job may start, as ENQUEUE reads it."""
    return f"+{job.delay_ms}" if job.delay_ms else str(job.not_before_ms)


def check_count(count: int, most: int) -> None:
    """Raise QueueError for a call with too many jobs."""
    if count > most:
        raise QueueError(f"at most {most} jobs a call, not {count}")


def known_priorities(priority: str | None, queue: str, options: QueueOptions) -> list[str]:
    """Give the priorities meant: the one named, or all. Raises UnknownPriority."""
    if priority is None:
        return list(options.priorities)
    if priority not in options.priorities:
        raise UnknownPriority(f"queue {queue} has no priority {priority!r}")
    return [priority]


def max_lost(options: QueueOptions) -> int:
    """Give how many leases may lapse while a job runs: rarely its fault, but none may go round for ever."""
    return max(LOST_LIMIT, options.max_crashes)


def digest_of(payload: bytes) -> bytes:
    """Give what tells two payloads apart, 16 bytes."""
    return hashlib.blake2b(payload, digest_size=16).digest()


def retry_after_s(waiting: int, drained_in_a_minute: int) -> int:
    """Say when to try a full queue again: when a twentieth of what waits has ended, at the present rate.

    One free place would be taken before the answer has travelled. A queue that stands still says a minute.
    """
    if drained_in_a_minute <= 0:
        return 60
    return min(600, max(1, math.ceil(waiting / 20 * 60 / drained_in_a_minute)))


CLOSED_AGAIN_S = 60
"""Retry-After of a queue that an operator closed: nobody knows for how long."""


def queue_full(queue: str, bound: str, waiting: int, drained_in_a_minute: int) -> QueueFull:
    """Give the refusal of a queue that has no room: ``waiting`` jobs below the bound named."""
    again_s = CLOSED_AGAIN_S if bound == "closed" else retry_after_s(waiting, drained_in_a_minute)
    return QueueFull(queue, bound, again_s)


def retry_delay_ms(claim: Claim, ending: Ending, backoff: BackoffOptions, chance: float) -> int:
    """Give how long a RETRY waits: the handler's choice or the backoff; ``chance`` in [0, 1) the jitter."""
    if ending.kind is not Finish.RETRY:
        return 0
    if ending.delay_ms is not None:
        return min(MAX_DELAY_MS, max(0, ending.delay_ms))
    waits = min(backoff.max, backoff.base * backoff.factor ** min(claim.failures, 100))
    return round(1000 * waits * (1 + backoff.jitter * (2 * chance - 1)))


def check_result(result: bytes) -> None:
    """Raise JobTooLarge for a result over its bound."""
    if len(result) > MAX_RESULT_BYTES:
        raise JobTooLarge(f"a result of {len(result)} bytes; at most {MAX_RESULT_BYTES}")


def check_checkpoint(data: bytes) -> None:
    """Raise JobTooLarge for a checkpoint over its bound (a result's)."""
    if len(data) > MAX_RESULT_BYTES:
        raise JobTooLarge(f"a checkpoint of {len(data)} bytes; at most {MAX_RESULT_BYTES}")


def check_progress(note: bytes) -> None:
    """Raise JobTooLarge for a long note, QueueError for one that is no JSON: it travels inside an event."""
    if len(note) > MAX_PROGRESS_BYTES:
        raise JobTooLarge(f"a progress note of {len(note)} bytes; at most {MAX_PROGRESS_BYTES}")
    try:
        msgspec.json.decode(note)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise QueueError(f"a progress note is JSON: {error}") from None


def fitting_reason(reason: str) -> str:
    """Give a reason that fits its bound and can be written: one line a person reads, not a traceback."""
    return reason[:MAX_REASON_CHARACTERS].encode("utf-8", "backslashreplace").decode()


def fitting_evidence(evidence: bytes) -> bytes:
    """Give evidence that fits its bound: a job must be settled even when too much is known of its end."""
    if len(evidence) <= MAX_EVIDENCE_BYTES:
        return evidence
    start = evidence[: MAX_EVIDENCE_BYTES // 8].decode("utf-8", "backslashreplace")
    return msgspec.json.encode({"cut_from_bytes": len(evidence), "start": start})


def evidence_with(evidence: bytes, attempts: list[dict[str, Any]]) -> bytes:
    """Give a dead letter's evidence as one JSON object: what it was buried with, its log as ``attempts``."""
    if not evidence and not attempts:
        return b""
    try:
        said = msgspec.json.decode(evidence or b"{}", type=dict[str, Any])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        said = {"said": evidence.decode("utf-8", "backslashreplace")}
    return msgspec.json.encode(said | {"attempts": attempts})
