"""What goes into rejudges and what comes out: frozen structs, no SQL."""

from enum import StrEnum

import msgspec


class RejudgeState(StrEnum):
    """Where a set is. The last two are final."""

    MAKING = "making"
    """Its submissions are being put together; one that stays so was broken off."""
    OPEN = "open"
    APPLIED = "applied"
    DISCARDED = "discarded"


class WantedSubmissions(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Which of a problem's judged submissions are meant: those that fit all that is said."""

    problem: str
    """Its slug."""
    user: str | None = None
    """The owner."""
    verdicts: tuple[str, ...] = ()
    """Any of these; empty: whatever it is."""
    language: str | None = None
    since_ms: int | None = None
    """Submitted then or later; Unix milliseconds."""
    before_ms: int | None = None


class Rejudge(msgspec.Struct, frozen=True, kw_only=True):
    """A set."""

    id: str
    problem_version: str
    """What all of it is judged by."""
    wanted: WantedSubmissions
    made_by: str
    closed_by: str
    state: RejudgeState
    created_ms: int
    closed_ms: int
    """When it was applied or discarded; 0 = not yet."""


class Counts(msgspec.Struct, frozen=True, kw_only=True):
    """How far a set is, in submissions."""

    total: int
    pending: int
    same: int
    changed: int
    failed: int
    """Judged in vain: its job died, was cancelled, or ended in a judge_error. Its verdict stays."""


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """One submission of a set."""

    submission_id: str
    owner: str
    language: str | None
    state: str
    """"pending", "same", "changed" or "failed"."""
    old_verdict: str | None
    new_verdict: str | None
    old_version: str | None
    new_version: str | None
    old_time_ms: float
    new_time_ms: float
    reason: str
    """Why it failed."""
    applied_ms: int


class Applied(msgspec.Struct, frozen=True, kw_only=True):
    """What applying a set did, in submissions."""

    written: int
    """Results written anew."""
    changed: int
    """Of them, those whose verdict is another one now."""
    overtaken: int
    """Left as they are, for another set has written theirs since this one was made."""


class Earlier(msgspec.Struct, frozen=True, kw_only=True):
    """A verdict that a rejudge replaced."""

    verdict: str | None
    problem_version: str | None
    replaced_ms: int
    rejudge_id: str


class Candidate(msgspec.Struct, frozen=True, kw_only=True):
    """A submission to judge anew."""

    id: str
    language: str | None
    verdict: str | None
    problem_version: str | None
    payload: bytes
