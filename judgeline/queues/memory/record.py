"""A job in memory, and the fields of it that others see."""

import dataclasses
from typing import Any, Literal

from judgeline.queues.job import Claim, Job, JobState
from judgeline.queues.rules import evidence_with
from judgeline.queues.states import Verb, check_change

LOG_LINES = 32


@dataclasses.dataclass(slots=True)
class Record:
    """All that is known of a job. Times are Unix milliseconds."""

    id: str
    priority: str
    payload: bytes
    digest: bytes
    state: JobState = JobState.QUEUED
    """Changed by ``enter`` and ``move`` alone."""
    user: str = ""
    attempt: int = 0
    crashes: int = 0
    lost: int = 0
    failures: int = 0
    worker: str = ""
    enqueued_ms: int = 0
    started_ms: int = 0
    finished_ms: int = 0
    due_ms: int = 0
    since_ms: int = 0
    fresh: Literal["", "delay", "date"] = ""
    """Enqueued with a delay, or a date, that is not over yet."""
    ready_ms: int = 0
    """When it could be started (again): its delay was over, or it came back; 0 = since it was enqueued."""
    expires_ms: int = 0
    """When an ended job is forgotten; 0 = not yet known."""
    result: bytes = b""
    reason: str = ""
    evidence: bytes = b""
    log: list[dict[str, Any]] = dataclasses.field(default_factory=list)
    progress: bytes = b""
    checkpoint: bytes = b""
    cancelling: bool = False
    requeued: bool = False

    @property
    def in_line_ms(self) -> int:
        """Since when it might start: its delay is no age."""
        return self.ready_ms or self.enqueued_ms

    def enter(self, by: Verb, state: JobState) -> None:
        """Become known. Raises ForbiddenChange."""
        check_change(None, by, state)
        self.state = state

    def move(self, by: Verb, state: JobState) -> None:
        """Change the state. Raises ForbiddenChange."""
        check_change(self.state, by, state)
        self.state = state

    def keep_attempt(self, now_ms: int, how: str, reason: str) -> None:
        """Keep what became of the attempt; the oldest go when there are too many."""
        self.log.append(
            {
                "attempt": self.attempt,
                "worker": self.worker,
                "started_ms": self.started_ms,
                "ended_ms": now_ms,
                "how": how,
                "reason": reason,
            }
        )
        del self.log[:-LOG_LINES]

    def job(self, *, whole: bool = True) -> Job:
        """Give the job as it stands; its payload only if ``whole``."""
        return Job(
            id=self.id,
            state=self.state,
            priority=self.priority,
            user=self.user,
            attempt=self.attempt,
            crashes=self.crashes,
            lost=self.lost,
            failures=self.failures,
            worker=self.worker,
            enqueued_ms=self.enqueued_ms,
            started_ms=self.started_ms,
            finished_ms=self.finished_ms,
            due_ms=self.due_ms,
            result=self.result,
            reason=self.reason,
            evidence=evidence_with(self.evidence, self.log),
            progress=self.progress,
            checkpoint=self.checkpoint,
            payload=self.payload if whole else b"",
            cancelling=self.cancelling,
        )

    def claim(self) -> Claim:
        """Give the claim its worker has on it."""
        return Claim(
            id=self.id,
            worker=self.worker,
            attempt=self.attempt,
            crashes=self.crashes,
            failures=self.failures,
            priority=self.priority,
            user=self.user,
            payload=self.payload,
            checkpoint=self.checkpoint,
        )
