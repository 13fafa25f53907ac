"""How the queues stand at one moment, as ``judgeline queues`` shows and tells it."""

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from judgeline.queues.engine import Engine, QueueStats, WorkerView
from judgeline.queues.errors import QueueUnavailable

MOST_WORKERS = 200
"""Workers whose jobs are looked up, each a round trip."""


class WorkerSight(msgspec.Struct, frozen=True, kw_only=True):
    """A worker, and the job it holds."""

    name: str
    lease_ms: int
    job: str = ""
    """"" for an idle one."""
    attempt: int = 0
    running_ms: int = 0
    """How long the attempt has run, by the clock of this host."""
    progress: Any = None
    """The last note of the attempt: of a judge {"stage", "test", "tests_total"}."""


class QueueSight(msgspec.Struct, frozen=True, kw_only=True):
    """One queue."""

    queue: str
    engine: str
    stats: QueueStats | None = None
    workers: list[WorkerSight] = []
    away: str = ""
    """Why there is nothing else: the server does not answer."""


def look_at(engines: Mapping[str, Engine], now_ms: float) -> list[QueueSight]:
    """Look at every queue. One whose server is away says why; the others do not wait for it again."""
    sights: list[QueueSight] = []
    away = ""
    for name, engine in engines.items():
        try:
            sights.append(_away(engine, away) if away else _sight(engine, now_ms))
        except QueueUnavailable as error:
            away = str(error).removeprefix(f"queue {name}: ")
            sights.append(_away(engine, away))
    return sights


def _away(engine: Engine, why: str) -> QueueSight:
    return QueueSight(queue=engine.name, engine=engine.options.engine, away=why)


def _sight(engine: Engine, now_ms: float) -> QueueSight:
    return QueueSight(
        queue=engine.name,
        engine=engine.options.engine,
        stats=engine.stats(),
        workers=list(_workers(engine, now_ms)),
    )


def _workers(engine: Engine, now_ms: float) -> Iterator[WorkerSight]:
    looked_up = 0
    for worker in engine.workers():
        if not worker.jobs:
            yield WorkerSight(name=worker.name, lease_ms=worker.lease_ms)
        for job_id in worker.jobs:
            looked_up += 1
            yield _held(engine, worker, job_id, now_ms, whole=looked_up <= MOST_WORKERS)


def _held(engine: Engine, worker: WorkerView, job_id: str, now_ms: float, *, whole: bool) -> WorkerSight:
    """A job in a worker's hands; it may have ended since its worker was asked for."""
    job = engine.look(job_id) if whole else None
    if job is None:
        return WorkerSight(name=worker.name, lease_ms=worker.lease_ms, job=job_id)
    return WorkerSight(
        name=worker.name,
        lease_ms=worker.lease_ms,
        job=job_id,
        attempt=job.attempt,
        running_ms=max(0, round(now_ms) - job.started_ms) if job.started_ms else 0,
        progress=_opened(job.progress),
    )


def _opened(note: bytes) -> Any:
    try:
        return msgspec.json.decode(note) if note else None
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
