"""Submissions: code for a problem."""

from typing import Annotated

import msgspec
from flask import Response
from msgspec import Meta

from api.accept import ACCEPT_ERRORS, Links, Receipt, accept
from api.checks import check_language, check_problem
from api.errors import InvalidField, NoSandbox
from api.jobs import Noun, json_response, routes_of_one
from api.reading import UNREADABLE, Moment, Reading, ResultReader, Status, instant, moment, read_statuses
from api.requests import BodyReader, check_source, read_query
from api.routes import Answer, Route
from api.services import Services
from judgeline.judging.verdicts import GroupResult, Judgement, Progress, TestResult, Verdict
from judgeline.payloads import LanguageId, Slug, SubmissionPayload
from judgeline.store import jobs
from judgeline.store.keys import Scope
from judgeline.store.rows import Filter, JobRow, RowState

PATH = "/v1/submissions"
PAGE = 50
"""Submissions of one page of the list."""


class NewSubmission(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What to judge."""

    problem: Slug
    """A problem's slug, as GET /v1/problems lists them."""
    language: LanguageId
    """A language's id, as GET /v1/languages lists them."""
    source: str
    """The program; at most ``[api] max_source_bytes`` of UTF-8 (64 KiB)."""


class SubmissionView(msgspec.Struct, frozen=True, kw_only=True):
    """A submission as it stands. Every key is always there; what is not known yet is null, 0, "" or empty."""

    id: str
    status: Status
    problem: str | None
    language: str | None
    verdict: Verdict | None
    """Of a done submission."""
    why: str
    """One sentence on the verdict, for anything but accepted."""
    reason: str
    """Why it is dead, delayed or cancelled."""
    tests: list[TestResult]
    """In the order they ran; pass-fail problems stop at the first that fails."""
    tests_total: int
    score: float | None
    """Of a scoring problem that was judged to the end."""
    max_score: float | None
    """The best score there is; null where it has no bound."""
    groups: list[GroupResult]
    """Of a scoring problem whose secret tests stand in groups."""
    time_ms: float
    """CPU time of the slowest test, milliseconds."""
    memory_kb: int
    """The largest test's peak, KiB."""
    time_limit_ms: float
    memory_limit_kb: int
    """What a test might use."""
    host_speed: float
    """How fast the judging host is beside the reference, where it was calibrated; else 0."""
    compile_output: str
    language_version: str
    """The language's id with the version that judged it."""
    problem_version: str | None
    """The problem's version that judged it; until then the one it was accepted with."""
    attempt: int
    """How many times a worker took it up."""
    position: int | None
    """About how many jobs start before it; null when it does not wait."""
    progress: Progress | None
    """While it runs."""
    created_at: Moment
    started_at: Moment | None
    finished_at: Moment | None
    rejudged_at: Moment | None
    """When a rejudge last wrote its verdict anew; null where none has."""
    links: Links


class SubmissionSummary(msgspec.Struct, frozen=True, kw_only=True):
    """A submission in a list."""

    id: str
    status: Status
    problem: str | None
    language: str | None
    verdict: str | None
    """null until the store has the result, a moment after it is done."""
    created_at: Moment
    finished_at: Moment | None
    links: Links


class SubmissionList(msgspec.Struct, frozen=True):
    """A page of one's own submissions, newest first."""

    submissions: list[SubmissionSummary]
    next: str | None
    """The path of the next page, or null when this is the last."""


class ListQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The query of the list."""

    problem: Slug | None = None
    status: RowState | None = None
    """"pending" are those that have not ended."""
    after: Annotated[str, Meta(max_length=64)] | None = None
    """The id that the page before ended with."""


_reader = BodyReader(NewSubmission)
_judgement = ResultReader(Judgement, Judgement(verdict=Verdict.JUDGE_ERROR, why=UNREADABLE))
_NOT_YET = Judgement(verdict=Verdict.JUDGE_ERROR)


def submit(services: Services) -> Response:
    """POST: take a submission in."""
    caller = services.authenticator.caller()
    caller.require(Scope.SUBMIT)
    new = _reader.read()
    check_source(new.source, services.config.api.max_source_bytes)
    check_language(services, new.language)
    package = check_problem(services, new.problem, new.language, new.source)
    payload = SubmissionPayload(
        problem=new.problem, language=new.language, source=new.source, version=package.version
    )
    return accept(services, caller, services.judge_engine, payload, PATH)


def list_own(services: Services) -> Response:
    """GET: the caller's own, newest first."""
    caller = services.authenticator.caller()
    caller.require_key()
    query = read_query(ListQuery)
    wanted = Filter(kind="submission", problem=query.problem, state=query.status)
    with services.store.reader() as connection:
        rows = jobs.list_owned(connection, caller.owner, wanted, after=query.after, limit=PAGE + 1)
    more = len(rows) > PAGE
    rows = rows[:PAGE]
    statuses = read_statuses(services, rows)
    return json_response(
        SubmissionList(
            submissions=[_summary(row, status) for row, status in zip(rows, statuses, strict=True)],
            next=_next_page(query, rows[-1].id) if more else None,
        )
    )


def view(reading: Reading, position: int | None) -> SubmissionView:
    """A submission's answer."""
    row = reading.row
    result = _judgement.read(reading)
    judged = result or _NOT_YET
    return SubmissionView(
        id=row.id,
        status=reading.status,
        problem=row.problem,
        language=row.language,
        verdict=None if result is None else result.verdict,
        why=judged.why,
        reason=reading.reason,
        tests=judged.tests,
        tests_total=judged.tests_total,
        score=judged.score,
        max_score=judged.max_score,
        groups=judged.groups,
        time_ms=judged.time_ms,
        memory_kb=judged.memory_kb,
        time_limit_ms=judged.time_limit_ms,
        memory_limit_kb=judged.memory_limit_kb,
        host_speed=judged.host_speed,
        compile_output=judged.compile_output,
        language_version=judged.language,
        problem_version=judged.version or row.problem_version,
        attempt=reading.attempt,
        position=position,
        progress=reading.progress,
        created_at=instant(row.created_ms),
        started_at=moment(reading.started_ms),
        finished_at=moment(reading.finished_ms),
        rejudged_at=moment(row.rejudged_ms),
        links=_links(row.id),
    )


def _summary(row: JobRow, status: Status) -> SubmissionSummary:
    return SubmissionSummary(
        id=row.id,
        status=status,
        problem=row.problem,
        language=row.language,
        verdict=row.verdict,
        created_at=instant(row.created_ms),
        finished_at=moment(row.finished_ms),
        links=_links(row.id),
    )


def _links(id_: str) -> Links:
    return Links(self=f"{PATH}/{id_}", events=f"{PATH}/{id_}/events")


def _next_page(query: ListQuery, after: str) -> str:
    chosen = [
        f"{name}={value}" for name, value in (("problem", query.problem), ("status", query.status)) if value
    ]
    return f"{PATH}?" + "&".join([*chosen, f"after={after}"])


NOUN = Noun("submission", PATH, view)

ROUTES = (
    Route(
        method="POST",
        path=PATH,
        name="submit",
        handler=submit,
        summary="Submit code for a problem",
        tag="submissions",
        body=NewSubmission,
        headers=("Idempotency-Key",),
        answers={202: Answer(why="Accepted: it will be judged, whatever breaks from here on.", body=Receipt)},
        errors=(*ACCEPT_ERRORS, NoSandbox),
        access="caller",
    ),
    Route(
        method="GET",
        path=PATH,
        name="list_submissions",
        handler=list_own,
        summary="List the caller's own submissions, newest first",
        tag="submissions",
        query=ListQuery,
        answers={200: Answer(why="A page of them.", body=SubmissionList)},
        errors=(InvalidField,),
        access="key",
    ),
    *routes_of_one(NOUN, "submissions", SubmissionView),
)
