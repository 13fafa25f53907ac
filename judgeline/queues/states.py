"""The life of a job: every change of state there is, by whom, and when.

The engine in memory makes its changes through this table and no other way; the tests hold the Lua scripts to
it; the page docs/queue.md shows what it renders to (``python -m judgeline.queues.states`` prints that).
"""

import sys
from collections.abc import Iterator
from enum import StrEnum

import msgspec

from judgeline.queues.errors import ForbiddenChange
from judgeline.queues.job import JobState
from judgeline.queues.job import JobState as S


class Verb(StrEnum):
    """What makes a change: a script of the queue, or the server when a time to live is over."""

    ENQUEUE = "ENQUEUE"
    FIRE = "FIRE"
    CLAIM = "CLAIM"
    FINISH = "FINISH"
    CRASHED = "CRASHED"
    TICK = "TICK"
    CANCEL = "CANCEL"
    REQUEUE = "REQUEUE"
    FORGET = "FORGET"
    REPAIR = "REPAIR"
    EXPIRE = "expiry"


class Change(msgspec.Struct, frozen=True):
    """One row of the table."""

    before: JobState | None
    """None: the queue does not know the job (yet)."""
    verb: Verb
    after: JobState | None
    """None: the queue has forgotten it."""
    when: str
    kind: str = ""
    """Of a FINISH: how the attempt ended."""

    @property
    def by(self) -> str:
        """The verb, as people read it."""
        return f"{self.verb} {self.kind}".strip()


CHANGES = (
    Change(None, Verb.ENQUEUE, S.QUEUED, "accepted: its id joins its user's line"),
    Change(None, Verb.ENQUEUE, S.DELAYED, "accepted, and not to start before a time"),
    Change(None, Verb.FIRE, S.QUEUED, "a schedule's time has come"),
    Change(None, Verb.CLAIM, S.RUNNING, "an element pushed by hand is adopted and started in the same step"),
    Change(None, Verb.CLAIM, S.DEAD, "an element pushed by hand is no job"),
    Change(S.QUEUED, Verb.CLAIM, S.RUNNING, "its turn has come; the attempt is counted"),
    Change(S.DELAYED, Verb.TICK, S.QUEUED, "it is due"),
    Change(S.RUNNING, Verb.FINISH, S.DONE, "it has a result", "done"),
    Change(S.RUNNING, Verb.FINISH, S.DELAYED, "its handler failed, and attempts are left", "retry"),
    Change(S.RUNNING, Verb.FINISH, S.DEAD, "its handler failed, and no attempts are left", "retry"),
    Change(S.RUNNING, Verb.FINISH, S.DEAD, "its handler gave it up", "dead"),
    Change(S.RUNNING, Verb.FINISH, S.QUEUED, "not tried to the end (a drain); back to the front", "release"),
    Change(S.RUNNING, Verb.FINISH, S.CANCELLED, "its cancel was asked, and obeyed", "cancelled"),
    Change(S.RUNNING, Verb.CRASHED, S.QUEUED, "its child died: the first time, or unblamed; to the front"),
    Change(S.RUNNING, Verb.CRASHED, S.DELAYED, "its child died again: it waits"),
    Change(S.RUNNING, Verb.CRASHED, S.DEAD, "its child died for the last time allowed"),
    Change(S.RUNNING, Verb.CRASHED, S.CANCELLED, "its cancel was asked, and its child killed"),
    Change(S.RUNNING, Verb.TICK, S.QUEUED, "its worker's lease lapsed: the first time; back to the front"),
    Change(S.RUNNING, Verb.TICK, S.DELAYED, "its worker's lease lapsed again: it waits"),
    Change(S.RUNNING, Verb.TICK, S.DEAD, "its worker's lease lapsed for the last time allowed"),
    Change(S.RUNNING, Verb.TICK, S.CANCELLED, "its cancel was asked, and its worker's lease lapsed"),
    Change(S.RUNNING, Verb.REPAIR, S.QUEUED, "found in no worker's hands: as if a lease had lapsed"),
    Change(S.RUNNING, Verb.REPAIR, S.DELAYED, "as above"),
    Change(S.RUNNING, Verb.REPAIR, S.DEAD, "as above"),
    Change(S.RUNNING, Verb.REPAIR, S.CANCELLED, "as above"),
    Change(S.QUEUED, Verb.CANCEL, S.CANCELLED, "taken off its line"),
    Change(S.DELAYED, Verb.CANCEL, S.CANCELLED, "taken off before it was due"),
    Change(S.DEAD, Verb.REQUEUE, S.QUEUED, "an operator puts it back; failures and crashes are forgotten"),
    Change(S.DEAD, Verb.FORGET, None, "an operator drops it (once a store has its end, where there is one)"),
    Change(S.DEAD, Verb.FINISH, None, "another letter is one too many: the oldest is dropped"),
    Change(S.DEAD, Verb.CRASHED, None, "as above"),
    Change(S.DEAD, Verb.CLAIM, None, "as above, for an element that is no job"),
    Change(S.DEAD, Verb.TICK, None, "as above, or it was older than `dead_ttl_s`"),
    Change(S.DONE, Verb.EXPIRE, None, "`result_ttl_s` after the store had it"),
    Change(S.CANCELLED, Verb.EXPIRE, None, "`result_ttl_s` after the store had it"),
    Change(S.DEAD, Verb.EXPIRE, None, "`result_ttl_s` after the store had it, if it was dropped before"),
)  # fmt: skip
"""Every change of state. Whatever else a verb does leaves the state as it is."""

_LISTED = frozenset((change.before, change.verb, change.after) for change in CHANGES)


def listed(before: JobState | None, verb: Verb, after: JobState | None) -> bool:
    """Whether a verb may do this to a job. To leave a state as it is every verb may."""
    return before is after or (before, verb, after) in _LISTED


def check_change(before: JobState | None, verb: Verb, after: JobState | None) -> None:
    """Raise ForbiddenChange for a change that the table does not list: a fault of the engine's."""
    if (before, verb, after) not in _LISTED:
        raise ForbiddenChange(f"{verb} makes no {before or 'unknown'} job {after or 'forgotten'}")


def page() -> str:
    """Give the table as Markdown: a drawing (Mermaid) and a row for each change."""
    return "\n".join([*_drawing(), "", *_rows()])


def _drawing() -> Iterator[str]:
    yield "```mermaid"
    yield "stateDiagram-v2"
    verbs: dict[tuple[JobState | None, JobState | None], dict[str, None]] = {}
    for change in CHANGES:
        verbs.setdefault((change.before, change.after), {})[change.by] = None
    for (before, after), names in verbs.items():
        yield f"    {before or '[*]'} --> {after or '[*]'}: {', '.join(names)}"
    yield "```"


def _rows() -> Iterator[str]:
    yield "| from | by | to | when |"
    yield "|---|---|---|---|"
    for change in CHANGES:
        before, after = change.before or "(unknown)", change.after or "(forgotten)"
        yield f"| {before} | {change.by} | {after} | {change.when} |"


if __name__ == "__main__":
    sys.stdout.write(page() + "\n")
