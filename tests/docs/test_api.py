"""The page of the API has every route, error, plan, scope, status, event and field, and no other."""

import re

import msgspec
import pytest

from api import (
    app,
    dead,
    dead_many,
    emails,
    history,
    packages,
    queues,
    rejudge_views,
    runs,
    stream,
    submissions,
)
from api.errors import TYPES, every_error
from api.reading import Status
from judgeline import rejudging
from judgeline.config import ApiConfig
from judgeline.store.keys import Plan, Scope


@pytest.fixture
def api(page):
    return page("api")


def test_each_route_has_its_heading_and_each_heading_its_route(api):
    served = [f"{route.method} {route.path.replace('<', '{').replace('>', '}')}" for route in app.routes()]
    written = [heading for heading in api.headings if re.match(r"(GET|POST|DELETE) /", heading)]
    assert sorted(written) == sorted(served)


def test_each_error_is_listed_with_its_status(api):
    told = {row[0].strip("`"): row[1] for row in api.rows("## Errors")}
    assert told == {TYPES + kind.name: str(kind.status) for kind in every_error()}


def test_plans_scopes_and_statuses(api):
    rows = api.rows("## Keys, plans and scopes")
    assert {row[0] for row in rows} == {f"`{word}`" for word in [*Plan, *Scope]}
    assert api.first_cells("## Waiting for the end")[: len(Status)] == [*Status]


def test_events_of_a_stream(api):
    told = set(api.first_cells("### Server-sent events"))
    assert told == {"queued", "delayed", "running", "progress", "verdict"}
    for name in told:
        assert name in stream.__doc__


@pytest.mark.parametrize(
    ("heading", "kinds"),
    [
        ("## Submissions", [submissions.NewSubmission, submissions.SubmissionView, submissions.ListQuery]),
        ("## Submissions", [history.EarlierVerdict, history.VerdictHistory]),
        (
            "## Rejudges",
            [
                *(rejudge_views.RejudgeFilter, rejudge_views.RejudgeView, rejudge_views.RejudgeCounts),
                *(rejudge_views.RejudgeItem, rejudge_views.RejudgePage, rejudge_views.RejudgeApplied),
                *(rejudge_views.RejudgeList, rejudge_views.RejudgeQuery, rejudge_views.RejudgesQuery),
            ],
        ),
        ("## Runs", [runs.NewRun]),
        ("## E-mails", [emails.NewEmail]),
        ("## Problems and languages", [packages.PackageQuery, packages.PackageReceipt]),
        (
            "## Queues",
            [
                *(queues.QueueView, queues.PriorityView, dead.DeadLetter, dead.DeadQuery),
                *(dead_many.DeadFilter, dead_many.Requeued, dead_many.Forgotten),
            ],
        ),
    ],
)
def test_fields_are_named(api, heading, kinds):
    section = api.section(heading)
    for kind in kinds:
        for field in msgspec.structs.fields(kind):
            assert f"`{field.encode_name}`" in section, f"{kind.__name__}.{field.name}"


def test_figures_are_those_of_the_settings(api):
    told = api.section("## Limits")
    defaults = {field.name: field.default for field in msgspec.structs.fields(ApiConfig)}
    assert f"`[api] per_minute` a key ({defaults['per_minute']})" in told
    assert f"`anonymous_per_minute` an address ({defaults['anonymous_per_minute']})" in told
    assert f"`[api] max_source_bytes` ({defaults['max_source_bytes'] >> 10} KiB)" in told
    assert f"`[api] max_request_bytes` ({defaults['max_request_bytes'] >> 20} MiB)" in told
    assert f"`[api] max_package_bytes` ({defaults['max_package_bytes'] >> 20} MiB)" in told
    assert f"`[api] max_stdin_bytes` ({defaults['max_stdin_bytes'] >> 20} MiB)" in told


def test_a_rejudge_is_as_large_as_it_is_told(api, page):
    for section in (api.section("## Rejudges"), page("operations").section("## Judging anew")):
        assert f"{rejudging.MOST:,}" in section
