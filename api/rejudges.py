"""Rejudges: a problem's submissions judged anew beside their verdicts, then applied or dropped."""

from datetime import datetime
from typing import Any, Literal

import msgspec
from flask import Response

from api import log
from api.auth import Caller
from api.checks import find_problem
from api.errors import (
    AlreadyClosed,
    InvalidBody,
    InvalidField,
    KeyRequired,
    MissingScope,
    NotFound,
    NotJudgedYet,
    TooLarge,
    UnsupportedMediaType,
)
from api.jobs import json_response
from api.rejudge_views import (
    PATH,
    RejudgeApplied,
    RejudgeFilter,
    RejudgeList,
    RejudgePage,
    RejudgeQuery,
    RejudgesQuery,
    RejudgeView,
    show_item,
    show_rejudge,
)
from api.requests import BodyReader, read_query
from api.routes import Answer, Route
from api.services import Services
from judgeline.rejudging import RejudgeError, discard_rejudge, make_rejudge
from judgeline.store import rejudges
from judgeline.store.errors import RejudgeClosed, RejudgeUnfinished, UnknownRejudge
from judgeline.store.keys import Scope
from judgeline.store.rejudge_rows import WantedSubmissions

PAGE = 50
"""Sets, or submissions of one, of one page."""

_filter = BodyReader(RejudgeFilter)


def start(services: Services, slug: str) -> Response:
    """POST: judge a problem's submissions anew, at the lightest priority."""
    caller = _operator(services)
    meant = _filter.read()
    package = find_problem(services, slug)
    if package is None:
        raise NotFound(f"there is no problem {slug!r}")
    wanted = WantedSubmissions(
        problem=slug,
        user=meant.user,
        verdicts=tuple(verdict.value for verdict in meant.verdicts),
        language=meant.language,
        since_ms=_milliseconds(meant.since),
        before_ms=_milliseconds(meant.before),
    )
    try:
        made = make_rejudge(services.store, services.judge_engine, package.version, wanted, caller.owner)
    except RejudgeError as error:
        raise InvalidField.of("", str(error)) from None
    except RejudgeClosed as error:  # somebody discarded it while it was made
        raise AlreadyClosed(str(error)) from None
    shown = _view(services, made)
    log.rejudge_made(made, slug, shown.counts.total, caller.owner)
    return json_response(shown, 201, [("Location", shown.link)])


def list_rejudges(services: Services) -> Response:
    """GET: sets, newest first."""
    _operator(services)
    query = read_query(RejudgesQuery)
    with services.store.reader() as connection:
        found = rejudges.list_newest(connection, after=query.after, limit=PAGE + 1)
        shown = [show_rejudge(made, rejudges.count(connection, made.id)) for made in found[:PAGE]]
    following = f"{PATH}?after={shown[-1].id}" if len(found) > PAGE else None
    return json_response(RejudgeList(rejudges=shown, next=following))


def show(services: Services, id: str) -> Response:  # noqa: A002 - the path's own word
    """GET of one: how far it is, and what it would change."""
    _operator(services)
    query = read_query(RejudgeQuery)
    view = _view(services, id)
    with services.store.reader() as connection:
        found = rejudges.items(connection, id, state=query.state, after=query.after, limit=PAGE + 1)
    following = None
    if len(found) > PAGE:
        chosen = f"state={query.state}&" if query.state else ""
        following = f"{PATH}/{id}?{chosen}after={found[PAGE - 1].submission_id}"
    page = RejudgePage(rejudge=view, submissions=[show_item(item) for item in found[:PAGE]], next=following)
    return json_response(page)


def apply(services: Services, id: str) -> Response:  # noqa: A002 - the path's own word
    """POST: write the new results over the old ones."""
    caller = _operator(services)
    try:
        with services.store.writer() as connection:
            applied = rejudges.apply(connection, id, caller.owner)
    except UnknownRejudge as error:
        raise NotFound(str(error)) from None
    except RejudgeClosed as error:
        raise AlreadyClosed(str(error)) from None
    except RejudgeUnfinished as error:
        raise NotJudgedYet(str(error)) from None
    log.rejudge_applied(id, applied.written, applied.changed, caller.owner)
    answer = RejudgeApplied(rejudge=_view(services, id), **msgspec.structs.asdict(applied))
    return json_response(answer)


def discard(services: Services, id: str) -> Response:  # noqa: A002 - the path's own word
    """POST: drop it; every verdict stays."""
    caller = _operator(services)
    try:
        discard_rejudge(services.store, services.judge_engine, id, caller.owner)
    except UnknownRejudge as error:
        raise NotFound(str(error)) from None
    except RejudgeClosed as error:
        raise AlreadyClosed(str(error)) from None
    log.rejudge_discarded(id, caller.owner)
    return json_response(_view(services, id))


def _operator(services: Services) -> Caller:
    caller = services.authenticator.caller()
    caller.require(Scope.OPERATE)
    return caller


def _view(services: Services, rejudge_id: str) -> RejudgeView:
    try:
        with services.store.reader() as connection:
            return show_rejudge(rejudges.get(connection, rejudge_id), rejudges.count(connection, rejudge_id))
    except UnknownRejudge as error:
        raise NotFound(str(error)) from None


def _milliseconds(moment: datetime | None) -> int | None:
    return None if moment is None else round(moment.timestamp() * 1000)


_ERRORS = (KeyRequired, MissingScope, NotFound)


def _route(
    method: Literal["GET", "POST"], path: str, name: str, handler: Any, summary: str, **more: Any
) -> Route:
    return Route(
        method=method,
        path=path,
        name=name,
        handler=handler,
        summary=summary,
        tag="rejudges",
        access="key",
        **{"errors": _ERRORS} | more,
    )


ROUTES = (
    _route(
        "POST",
        "/v1/problems/<slug>/rejudge",
        "start_rejudge",
        start,
        "Judge a problem's submissions anew, beside their verdicts",
        body=RejudgeFilter,
        answers={201: Answer(why="They will be judged; no verdict changes.", body=RejudgeView)},
        errors=(*_ERRORS, AlreadyClosed, InvalidBody, InvalidField, TooLarge, UnsupportedMediaType),
    ),
    _route(
        "GET",
        PATH,
        "list_rejudges",
        list_rejudges,
        "List the rejudges, newest first",
        query=RejudgesQuery,
        answers={200: Answer(why="A page of them.", body=RejudgeList)},
        errors=(KeyRequired, MissingScope, InvalidField),
    ),
    _route(
        "GET",
        f"{PATH}/<id>",
        "show_rejudge",
        show,
        "How far a rejudge is, and what it would change",
        query=RejudgeQuery,
        answers={200: Answer(why="The set and a page of its submissions.", body=RejudgePage)},
        errors=(*_ERRORS, InvalidField),
    ),
    _route(
        "POST",
        f"{PATH}/<id>/apply",
        "apply_rejudge",
        apply,
        "Write a rejudge's results over the shown ones",
        answers={200: Answer(why="They are written; the old ones are history.", body=RejudgeApplied)},
        errors=(*_ERRORS, NotJudgedYet, AlreadyClosed),
    ),
    _route(
        "POST",
        f"{PATH}/<id>/discard",
        "discard_rejudge",
        discard,
        "Drop a rejudge; every verdict stays",
        answers={200: Answer(why="It is dropped.", body=RejudgeView)},
        errors=(*_ERRORS, AlreadyClosed),
    ),
)
