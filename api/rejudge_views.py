"""What the answers about rejudges look like."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from api.reading import Moment, instant, moment
from judgeline.judging.verdicts import Verdict
from judgeline.payloads import LanguageId
from judgeline.store.rejudge_rows import Counts, Item, Rejudge, RejudgeState

PATH = "/v1/rejudges"


class RejudgeFilter(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which of the problem's judged submissions: those that fit all that is said; ``{}`` is all of them."""

    user: Annotated[str, Meta(max_length=256)] | None = None
    """The owner."""
    verdicts: Annotated[list[Verdict], Meta(max_length=8)] = []
    """Any of these; empty: whatever it is."""
    language: LanguageId | None = None
    since: Moment | None = None
    """Submitted then or later."""
    before: Moment | None = None
    """Submitted earlier than then."""


class RejudgeCounts(msgspec.Struct, frozen=True, kw_only=True):
    """How far a set is, in submissions."""

    total: int
    pending: int
    same: int
    changed: int
    """Their verdict would be another one."""
    failed: int
    """Judged in vain; their verdict stays."""


class RejudgeView(msgspec.Struct, frozen=True, kw_only=True):
    """A set of submissions that are judged anew."""

    id: str
    state: RejudgeState
    problem: str
    problem_version: str
    """What all of it is judged by."""
    wanted: RejudgeFilter
    made_by: str
    closed_by: str
    """Who applied or discarded it."""
    created_at: Moment
    closed_at: Moment | None
    counts: RejudgeCounts
    link: str


class RejudgeItem(msgspec.Struct, frozen=True, kw_only=True):
    """A submission of a set: what it has, and what it would have."""

    id: str
    """The submission's."""
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
    applied_at: Moment | None
    """When the new result was written over the old one."""


class RejudgePage(msgspec.Struct, frozen=True, kw_only=True):
    """A set, and a page of its submissions."""

    rejudge: RejudgeView
    submissions: list[RejudgeItem]
    next: str | None
    """The path of the next page, or null when this is the last."""


class RejudgeList(msgspec.Struct, frozen=True):
    """Sets, newest first."""

    rejudges: list[RejudgeView]
    next: str | None
    """The path of the next page, or null when this is the last."""


class RejudgeQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The query of one set."""

    state: Literal["pending", "same", "changed", "failed"] | None = None
    """Only submissions in this state."""
    after: Annotated[str, Meta(max_length=64)] = ""
    """The id that the page before ended with."""


class RejudgesQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The query of the sets."""

    after: Annotated[str, Meta(max_length=64)] | None = None
    """The id that the page before ended with."""


class RejudgeApplied(msgspec.Struct, frozen=True, kw_only=True):
    """What applying a set did, in submissions."""

    rejudge: RejudgeView
    written: int
    """Results written anew."""
    changed: int
    """Of them, those whose verdict is another one now."""
    overtaken: int
    """Left as they are, for another set has written theirs since this one was made."""


def show_rejudge(made: Rejudge, counts: Counts) -> RejudgeView:
    """A set's answer."""
    wanted = made.wanted
    return RejudgeView(
        id=made.id,
        state=made.state,
        problem=wanted.problem,
        problem_version=made.problem_version,
        wanted=RejudgeFilter(
            user=wanted.user,
            verdicts=[Verdict(verdict) for verdict in wanted.verdicts],
            language=wanted.language,
            since=moment(wanted.since_ms or 0),
            before=moment(wanted.before_ms or 0),
        ),
        made_by=made.made_by,
        closed_by=made.closed_by,
        created_at=instant(made.created_ms),
        closed_at=moment(made.closed_ms),
        counts=RejudgeCounts(**msgspec.structs.asdict(counts)),
        link=f"{PATH}/{made.id}",
    )


def show_item(item: Item) -> RejudgeItem:
    """A submission's line."""
    values = msgspec.structs.asdict(item)
    applied_ms, submission_id = values.pop("applied_ms"), values.pop("submission_id")
    return RejudgeItem(id=submission_id, applied_at=moment(applied_ms), **values)
