"""The front as a Flask app: routes from one table, errors as problem+json, dependencies handed in."""

import contextlib
from collections.abc import Sequence
from functools import partial
from typing import Any

from flask import Flask, Response

from api import (
    dead,
    dead_many,
    emails,
    explain,
    faults,
    health,
    history,
    openapi,
    packages,
    problems,
    queues,
    rejudges,
    runs,
    submissions,
)
from api.auth import Authenticator
from api.judges import Judges
from api.limits import RATE_TAG, Limits
from api.metrics import Metrics, exposition
from api.probe import STORE_PATIENCE_S, Probe
from api.routes import Answer, Route
from api.services import Services
from api.slots import RESERVED_THREADS, Slots
from api.stopping import Stopping
from judgeline.config import Config, Settings
from judgeline.config.errors import ConfigError
from judgeline.events import EventListener
from judgeline.judging.languages import Languages
from judgeline.judging.packages import Library
from judgeline.queues.connect import Clients
from judgeline.queues.open import open_engine
from judgeline.queues.troubles import Troubles
from judgeline.recorders import RECORDER_TAG
from judgeline.store.database import open_store
from judgeline.store.errors import StoreUnavailable
from judgeline.store.migrate import check_schema


def create_app(services: Services) -> Flask:
    """The app. It opens nothing by itself: what it uses stands in ``services``."""
    app = Flask("api", static_folder=None)
    app.url_map.merge_slashes = False  # else "//" is answered by a redirect to whatever the header Host says
    app.config["MAX_CONTENT_LENGTH"] = services.config.api.max_request_bytes
    app.extensions["judgeline"] = services
    faults.register(app)
    services.metrics.observe(app)
    for route in routes():
        app.add_url_rule(route.path, route.name, partial(route.handler, services), methods=[route.method])
    return app


def routes() -> tuple[Route, ...]:
    """Every route, in the order of the documentation."""
    described: list[Route] = [
        *submissions.ROUTES,
        *history.ROUTES,
        *runs.ROUTES,
        *emails.ROUTES,
        *problems.ROUTES,
        *packages.ROUTES,
        *rejudges.ROUTES,
        *queues.ROUTES,
        *dead.ROUTES,
        *dead_many.ROUTES,
        *health.ROUTES,
        *explain.ROUTES,
        Route(
            method="GET",
            path="/metrics",
            name="metrics",
            handler=_metrics,
            summary="Counters and gauges for Prometheus",
            tag="operations",
            answers={200: Answer(why="Prometheus' text format.", content_type="text/plain")},
        ),
    ]
    described.append(_openapi_route(described))
    return tuple(described)


def open_services(settings: Settings, config: Config) -> Services:
    """What the app uses, from an operator's settings; to be called in the process that serves.

    Raises ConfigError where there is no Redis to use, StoreUnfit for a database without our tables.
    """
    if not settings.redis_url:
        raise ConfigError("environment", "REDIS_URL", "is not set, and no bundled server runs: make run")
    store = open_store(settings.database_url, fsync=config.fsync)
    with contextlib.suppress(StoreUnavailable):  # a store that is away now may come back; /readyz tells
        check_schema(store)
    clients = Clients(settings.redis_url)
    engines = {
        name: open_engine(name, options, settings.redis_url) for name, options in config.queues.items()
    }
    patient = open_store(settings.database_url, fsync=config.fsync, patience_s=STORE_PATIENCE_S)
    troubles = {name: Troubles(name, clients.at(name)) for name in engines}
    return Services(
        settings=settings,
        config=config,
        engines=engines,
        store=store,
        authenticator=Authenticator(store, config.api),
        limits=Limits(clients.at(RATE_TAG), config.api),
        languages=Languages.load(config.languages_file),
        problems=Library(config.problems_folder),
        listener=EventListener(settings.redis_url),
        judges=Judges(engines[config.judge.queue], troubles[config.judge.queue]),
        probe=Probe(clients.at(RECORDER_TAG), patient, troubles),
        slots=Slots(config.api.threads - RESERVED_THREADS),
        metrics=Metrics(),
        stopping=Stopping(),
    )


def _metrics(services: Services) -> Response:
    return exposition(services.metrics, services.engines)


def _openapi_route(described: Sequence[Route]) -> Route:
    """The document describes itself, too; it is made at the first request and kept."""
    known: list[bytes] = []
    every: list[Route] = [*described]

    def show(_services: Services) -> Response:
        if not known:
            known.append(openapi.describe(every))
        return openapi.serve(known[0])

    route = Route(
        method="GET",
        path="/openapi.json",
        name="openapi",
        handler=show,
        summary="This API in OpenAPI 3.1",
        tag="operations",
        answers={200: Answer(why="The document.", body=dict[str, Any])},
    )
    every.append(route)
    return route
