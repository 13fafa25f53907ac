"""The verdicts that a submission had before: what rejudges have replaced."""

import msgspec
from flask import Response

from api.errors import NotFound
from api.jobs import json_response
from api.reading import Moment, find_row, instant
from api.routes import Answer, Route
from api.services import Services
from judgeline.store import rejudges


class EarlierVerdict(msgspec.Struct, frozen=True, kw_only=True):
    """A verdict that was shown until a rejudge replaced it."""

    verdict: str | None
    problem_version: str | None
    replaced_at: Moment


class VerdictHistory(msgspec.Struct, frozen=True, kw_only=True):
    """What a submission's verdict was, oldest first; the one it has now is not among them."""

    earlier: list[EarlierVerdict]


def show_history(services: Services, id: str) -> Response:  # noqa: A002 - the path's own word
    """GET: the earlier verdicts, for whoever may see the submission."""
    row = find_row(services, services.authenticator.caller(), "submission", id)
    with services.store.reader() as connection:
        found = rejudges.history(connection, row.id)
    return json_response(
        VerdictHistory(
            earlier=[
                EarlierVerdict(
                    verdict=one.verdict,
                    problem_version=one.problem_version,
                    replaced_at=instant(one.replaced_ms),
                )
                for one in found
            ]
        )
    )


ROUTES = (
    Route(
        method="GET",
        path="/v1/submissions/<id>/history",
        name="show_history",
        handler=show_history,
        summary="The verdicts that rejudges have replaced",
        tag="submissions",
        answers={200: Answer(why="They, oldest first.", body=VerdictHistory)},
        errors=(NotFound,),
        access="caller",
    ),
)
