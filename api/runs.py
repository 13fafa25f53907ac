"""Runs: code with stdin, no problem."""

import msgspec
from flask import Response

from api.accept import ACCEPT_ERRORS, Links, Receipt, accept
from api.checks import check_language
from api.errors import NoSandbox
from api.jobs import Noun, routes_of_one
from api.reading import UNREADABLE, Moment, Reading, ResultReader, Status, instant, moment
from api.requests import BodyReader, check_source, check_text
from api.routes import Answer, Route
from api.services import Services
from judgeline.judging.verdicts import Progress, RunResult, Verdict
from judgeline.payloads import LanguageId, RunPayload
from judgeline.store.keys import Scope

PATH = "/v1/runs"


class NewRun(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What to run."""

    language: LanguageId
    """A language's id, as GET /v1/languages lists them."""
    source: str
    """The program; at most ``[api] max_source_bytes`` of UTF-8 (64 KiB)."""
    stdin: str = ""
    """Its standard input; at most ``[api] max_stdin_bytes`` of UTF-8 (1 MiB)."""
    expected_output: str | None = None
    """If given, the verdict tells whether the output is this (token by token; case and white space aside)."""


class RunView(msgspec.Struct, frozen=True, kw_only=True):
    """A run as it stands. Every key is always there; what is not known yet is null, 0, "" or empty."""

    id: str
    status: Status
    language: str | None
    verdict: Verdict | None
    """Of a done run; without an expected output, "accepted" means that it ended well by itself."""
    why: str
    reason: str
    """Why it is dead, delayed or cancelled."""
    stdout: str
    """At most 64 KiB, as UTF-8 with replacement."""
    stdout_truncated: bool
    stderr: str
    stderr_truncated: bool
    exit_code: int | None
    signal: int | None
    time_ms: float
    wall_ms: float
    memory_kb: int
    compile_output: str
    language_version: str
    attempt: int
    position: int | None
    """About how many jobs start before it; null when it does not wait."""
    progress: Progress | None
    created_at: Moment
    started_at: Moment | None
    finished_at: Moment | None
    links: Links


_reader = BodyReader(NewRun)
_result = ResultReader(RunResult, RunResult(verdict=Verdict.JUDGE_ERROR, why=UNREADABLE))
_NOT_YET = RunResult(verdict=Verdict.JUDGE_ERROR)


def run(services: Services) -> Response:
    """POST: take a run in."""
    caller = services.authenticator.caller()
    caller.require(Scope.SUBMIT)
    new = _reader.read()
    check_source(new.source, services.config.api.max_source_bytes)
    check_text("stdin", new.stdin, services.config.api.max_stdin_bytes)
    if new.expected_output is not None:
        check_text("expected_output", new.expected_output, services.config.api.max_stdin_bytes)
    check_language(services, new.language)
    payload = RunPayload(
        language=new.language, source=new.source, stdin=new.stdin, expected_output=new.expected_output
    )
    return accept(services, caller, services.judge_engine, payload, PATH)


def view(reading: Reading, position: int | None) -> RunView:
    """A run's answer."""
    row = reading.row
    found = _result.read(reading)
    result = found or _NOT_YET
    return RunView(
        id=row.id,
        status=reading.status,
        language=row.language,
        verdict=None if found is None else found.verdict,
        why=result.why,
        reason=reading.reason,
        stdout=result.stdout,
        stdout_truncated=result.stdout_truncated,
        stderr=result.stderr,
        stderr_truncated=result.stderr_truncated,
        exit_code=result.exit_code,
        signal=result.signal,
        time_ms=result.time_ms,
        wall_ms=result.wall_ms,
        memory_kb=result.memory_kb,
        compile_output=result.compile_output,
        language_version=result.language,
        attempt=reading.attempt,
        position=position,
        progress=reading.progress,
        created_at=instant(row.created_ms),
        started_at=moment(reading.started_ms),
        finished_at=moment(reading.finished_ms),
        links=Links(self=f"{PATH}/{row.id}", events=f"{PATH}/{row.id}/events"),
    )


NOUN = Noun("run", PATH, view)

ROUTES = (
    Route(
        method="POST",
        path=PATH,
        name="run",
        handler=run,
        summary="Run code with a standard input",
        tag="runs",
        body=NewRun,
        headers=("Idempotency-Key",),
        answers={202: Answer(why="Accepted: it will run, whatever breaks from here on.", body=Receipt)},
        errors=(*ACCEPT_ERRORS, NoSandbox),
        access="caller",
    ),
    *routes_of_one(NOUN, "runs", RunView),
)
