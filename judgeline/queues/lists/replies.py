"""What the scripts answer, as the structs of the interface."""

from collections.abc import Iterable
from typing import Any

import msgspec

from judgeline.queues.engine import BOUNDS_S, Histogram
from judgeline.queues.job import Claim, Job, JobState
from judgeline.queues.rules import evidence_with

NUMBERS = {
    b"attempt": "attempt",
    b"crashes": "crashes",
    b"lost": "lost",
    b"failures": "failures",
    b"enqueued": "enqueued_ms",
    b"started": "started_ms",
    b"finished": "finished_ms",
    b"due": "due_ms",
}
TEXTS = {
    b"priority": "priority",
    b"user": "user",
    b"worker": "worker",
    b"reason": "reason",
    b"origin": "origin",
}
BYTES = {b"result": "result", b"progress": "progress", b"checkpoint": "checkpoint", b"payload": "payload"}


def text_of(data: bytes) -> str:
    """Give a field as text; what is no UTF-8 (somebody wrote it by hand) is shown, not raised."""
    return data.decode("utf-8", "backslashreplace")


def paired(flat: Iterable[bytes]) -> dict[bytes, bytes]:
    """Give the fields of a flat reply: field, value, field, value ..."""
    items = iter(flat)
    return dict(zip(items, items, strict=True))


def histogram_from(totals: dict[bytes, bytes], what: str) -> Histogram:
    """Give a histogram from the fields of ``totals``: ``<what>:<n>`` counts, ``<what>:ms`` is the sum."""
    counts = tuple(int(totals.get(b"%s:%d" % (what.encode(), n), 0)) for n in range(1, len(BOUNDS_S) + 2))
    return Histogram(counts=counts, sum_s=int(totals.get(f"{what}:ms".encode(), 0)) / 1000)


def job_from(job_id: str, fields: dict[bytes, bytes]) -> Job:
    """Give the job that a hash holds."""
    values: dict[str, Any] = {}
    for field, value in fields.items():
        if field in NUMBERS:
            values[NUMBERS[field]] = int(value)
        elif field in TEXTS:
            values[TEXTS[field]] = text_of(value)
        elif field in BYTES:
            values[BYTES[field]] = value
    values.setdefault("priority", "")
    return Job(
        id=job_id,
        state=JobState(text_of(fields[b"state"])),
        evidence=evidence_from(fields),
        cancelling=b"cancelling" in fields,
        **values,
    )


def evidence_from(fields: dict[bytes, bytes]) -> bytes:
    """Give a dead letter's evidence, with its log of attempts."""
    lines = fields.get(b"log", b"").split(b"\n")[:-1]
    return evidence_with(fields.get(b"evidence", b""), [msgspec.json.decode(line) for line in lines])


def claim_from(worker: str, reply: list[Any] | None) -> Claim | None:
    """Give the claim that CLAIM, or a FINISH that claimed, answered with."""
    if not reply:
        return None
    job_id, attempt, crashes, failures, priority, user, payload, checkpoint = reply
    return Claim(
        id=job_id.decode(),
        worker=worker,
        attempt=attempt,
        crashes=crashes,
        failures=failures,
        priority=priority.decode(),
        user=user.decode(),
        payload=payload,
        checkpoint=checkpoint,
    )
