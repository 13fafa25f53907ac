"""/healthz says that the process serves; /readyz that the whole system does, or which part is why not."""

from collections.abc import Callable

import msgspec
from flask import Response

from api.jobs import json_response
from api.routes import Answer, Route
from api.services import Services
from judgeline.errors import JudgelineError
from judgeline.queues.engine import Engine, WorkerView
from judgeline.queues.errors import QueueUnavailable
from judgeline.recorders import ALIVE_MS

DEAF_MS = 2_500
"""A lease that was renewed longer ago belongs to a deaf worker: supervisors renew each second."""


class Part(msgspec.Struct, frozen=True):
    """One part of the system."""

    ok: bool
    why: str
    """What is wrong and what to do; a note where nothing is."""


class Health(msgspec.Struct, frozen=True):
    """The answer of /healthz."""

    status: str


class Readiness(msgspec.Struct, frozen=True):
    """The answer of /readyz."""

    ready: bool
    parts: dict[str, Part]
    """"redis", "store", "problems", "recorder", and "queue <name>" for each queue."""


def healthz(_services: Services) -> Response:
    """GET: this process answers; it asks nobody else."""
    return json_response(Health("ok"))


def readyz(services: Services) -> Response:
    """GET: 200 when every part is well, else 503 with the reasons."""
    parts = {"redis": _redis(services), "store": _store(services), "problems": _problems(services)}
    if parts["redis"].ok:
        parts["recorder"] = _asked(lambda: _recorder(services))
        for name, engine in services.engines.items():
            parts[f"queue {name}"] = _asked(lambda engine=engine: _queue(services, engine))  # type: ignore[misc]
    ready = all(part.ok for part in parts.values())
    return json_response(Readiness(ready, parts), 200 if ready else 503)


def _asked(ask: Callable[[], Part]) -> Part:
    try:
        return ask()
    except QueueUnavailable as error:
        return Part(ok=False, why=str(error))


def _redis(services: Services) -> Part:
    try:
        services.probe.ping()
    except QueueUnavailable as error:
        return Part(ok=False, why=f"Redis does not answer ({error}); nothing is accepted until it does")
    return Part(ok=True, why="")


def _store(services: Services) -> Part:
    """Whether a submit could write: the lock is taken and let go."""
    try:
        services.probe.lock_store()
    except JudgelineError as error:
        return Part(ok=False, why=str(error))
    return Part(ok=True, why="")


def _problems(services: Services) -> Part:
    """Whether the folder is there; what is in it would take too long to look at where it is much."""
    folder = services.problems.folder
    if folder.is_dir():
        return Part(ok=True, why="")
    return Part(ok=False, why=f"the folder {folder} ([judge] problems) is not there")


def _recorder(services: Services) -> Part:
    if services.probe.recorder_alive():
        return Part(ok=True, why="")
    return Part(
        ok=False,
        why=f"no recorder has reached queue and store for {ALIVE_MS // 1000} s; results wait in Redis"
        " (python -m workers recorder)",
    )


def _queue(services: Services, engine: Engine) -> Part:
    workers = engine.workers()
    deaf = [worker.name for worker in workers if _is_deaf(engine, worker)]
    troubles = services.probe.troubles(engine.name)
    if troubles:
        return Part(ok=False, why="; ".join(sorted(set(troubles.values()))))
    if deaf:
        return Part(ok=False, why=f"{len(deaf)} of {len(workers)} workers are deaf: {', '.join(deaf)}")
    if not workers:
        return Part(ok=False, why=f"no worker lives, so jobs wait (python -m workers {engine.name})")
    return Part(ok=True, why=f"{len(workers)} workers")


def _is_deaf(engine: Engine, worker: WorkerView) -> bool:
    if engine.options.engine != "lists":
        return worker.lease_ms <= 0  # RQ's workers renew when it suits them
    return worker.lease_ms < engine.options.lease_s * 1000 - DEAF_MS


ROUTES = (
    Route(
        method="GET",
        path="/healthz",
        name="healthz",
        handler=healthz,
        summary="Whether this process serves",
        tag="operations",
        answers={200: Answer(why="It does.", body=Health)},
    ),
    Route(
        method="GET",
        path="/readyz",
        name="readyz",
        handler=readyz,
        summary="Whether every part of the system is well, and if not, why",
        tag="operations",
        answers={
            200: Answer(why="Every part is well.", body=Readiness),
            503: Answer(why="Some part is not; its `why` tells.", body=Readiness),
        },
    ),
)
