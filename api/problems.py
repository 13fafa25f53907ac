"""Problems and languages: what there is to solve, and with what."""

from typing import Annotated

import msgspec
from flask import Response
from msgspec import Meta

from api.checks import find_problem
from api.errors import InvalidField, NotFound
from api.jobs import json_response
from api.requests import read_query
from api.routes import Answer, Route
from api.services import Services
from judgeline.judging.packages import Package, Sample
from judgeline.store.keys import Scope


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """What a submission may use, each test apart."""

    time_ms: int
    """CPU time."""
    memory_mb: int
    output_mb: int
    source_kb: int


class ProblemSummary(msgspec.Struct, frozen=True, kw_only=True):
    """A problem in the list."""

    slug: str
    name: str
    limits: Limits
    tests: int
    link: str


class BrokenProblem(msgspec.Struct, frozen=True, kw_only=True):
    """A package that is left out for what is wrong with it, or kept in use as it was before it went wrong."""

    folder: str
    faults: list[str]


class ProblemList(msgspec.Struct, frozen=True):
    """All problems, by slug."""

    problems: list[ProblemSummary]
    broken: list[BrokenProblem]
    """For operators; empty for everybody else."""


class StatementView(msgspec.Struct, frozen=True, kw_only=True):
    """A problem's text."""

    language: str
    format: str
    """"md" or "tex", as the package has it; a "pdf" has no text here."""
    text: str


class SampleView(msgspec.Struct, frozen=True, kw_only=True):
    """A test that everybody may see."""

    name: str
    input: str
    output: str


class ProblemView(msgspec.Struct, frozen=True, kw_only=True):
    """A problem."""

    slug: str
    name: str
    limits: Limits
    tests: int
    languages: list[str]
    """Ids of the languages it takes; empty: all."""
    statement: StatementView | None
    statement_languages: list[str]
    samples: list[SampleView]


class ProblemQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The query of a problem."""

    language: Annotated[str, Meta(max_length=16)] = "en"
    """The statement's language, e.g. "de"; English or the first there is where that is missing."""


class LanguageView(msgspec.Struct, frozen=True, kw_only=True):
    """A programming language."""

    id: str
    name: str
    extensions: list[str]
    available: bool
    version: str
    """As found on this host; "" where it is missing."""
    missing: str
    """Why it is not available; "" where it is."""


class LanguageList(msgspec.Struct, frozen=True):
    """All languages of the table."""

    languages: list[LanguageView]


def list_problems(services: Services) -> Response:
    """GET: every sound package, and for operators what is wrong with the others."""
    operates = Scope.OPERATE in services.authenticator.caller().scopes
    packages = services.problems.packages()
    broken = services.problems.faults() if operates else {}
    return json_response(
        ProblemList(
            [
                ProblemSummary(
                    slug=package.slug,
                    name=package.name,
                    limits=_limits(package),
                    tests=len(package.tests),
                    link=f"/v1/problems/{package.slug}",
                )
                for package in packages
            ],
            [BrokenProblem(folder=name, faults=faults) for name, faults in broken.items()],
        )
    )


def show_problem(services: Services, slug: str) -> Response:
    """GET of one, with statement and samples."""
    query = read_query(ProblemQuery)
    package = find_problem(services, slug)
    if package is None:
        raise NotFound(f"there is no problem {slug!r}")
    return json_response(
        ProblemView(
            slug=package.slug,
            name=package.names.get(query.language, package.name),
            limits=_limits(package),
            tests=len(package.tests),
            languages=sorted(package.languages),
            statement=_statement(package, query.language),
            statement_languages=sorted(statement.language for statement in package.statements),
            samples=[_sample(sample) for sample in package.samples()],
        )
    )


def list_languages(services: Services) -> Response:
    """GET: the table, and what of it this host has."""
    return json_response(
        LanguageList(
            [
                LanguageView(
                    id=language.id,
                    name=language.name,
                    extensions=list(language.extensions),
                    available=language.available,
                    version=language.version,
                    missing=language.missing,
                )
                for language in services.languages.all()
            ]
        )
    )


def _limits(package: Package) -> Limits:
    limits = package.limits
    return Limits(
        time_ms=round(limits.time_s * 1000),
        memory_mb=limits.memory_mib,
        output_mb=limits.output_mib,
        source_kb=limits.code_kib,
    )


def _statement(package: Package, language: str) -> StatementView | None:
    statement = package.statement(language)
    if statement is None:
        return None
    return StatementView(language=statement.language, format=statement.format, text=statement.text())


def _sample(sample: Sample) -> SampleView:
    return SampleView(name=sample.name, input=sample.input, output=sample.output)


ROUTES = (
    Route(
        method="GET",
        path="/v1/problems",
        name="list_problems",
        handler=list_problems,
        summary="List the problems",
        tag="problems",
        answers={200: Answer(why="All of them, by slug.", body=ProblemList)},
        access="caller",
    ),
    Route(
        method="GET",
        path="/v1/problems/<slug>",
        name="show_problem",
        handler=show_problem,
        summary="A problem's statement, limits and samples",
        tag="problems",
        query=ProblemQuery,
        answers={200: Answer(why="The problem.", body=ProblemView)},
        errors=(NotFound, InvalidField),
    ),
    Route(
        method="GET",
        path="/v1/languages",
        name="list_languages",
        handler=list_languages,
        summary="List the languages, with the versions found here",
        tag="problems",
        answers={200: Answer(why="All of the table, available or not.", body=LanguageList)},
    ),
)
