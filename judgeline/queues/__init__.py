"""The job queue: an engine-independent interface, and its engines. A library, too (docs/library.md).

``options`` says what a queue is, ``job`` what travels on it, ``engine`` what an engine offers, ``handler``
what a worker calls. ``lists`` is the engine of our own, ``rq`` runs a queue on RQ, ``memory`` is in-process.

The names below are the library's. They are imported when first used: ``options`` alone, which every process
reads, must not cost the import of a Redis client.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from judgeline.ids import new_id
    from judgeline.queues.engine import Engine, QueueStats
    from judgeline.queues.errors import (
        JobConflict,
        JobTooLarge,
        QueueError,
        QueueFull,
        QueueUnavailable,
        ServerUnfit,
        UnknownJob,
        UnknownPriority,
    )
    from judgeline.queues.handler import Cancelled, Context, GiveUp, Handler, Retry, TimeUp
    from judgeline.queues.job import Claim, Enqueued, Event, Job, JobState, NewJob
    from judgeline.queues.open import open_engine
    from judgeline.queues.options import BackoffOptions, PriorityOptions, QueueOptions

__all__ = [
    "BackoffOptions",
    "Cancelled",
    "Claim",
    "Context",
    "Engine",
    "Enqueued",
    "Event",
    "GiveUp",
    "Handler",
    "Job",
    "JobConflict",
    "JobState",
    "JobTooLarge",
    "NewJob",
    "PriorityOptions",
    "QueueError",
    "QueueFull",
    "QueueOptions",
    "QueueStats",
    "QueueUnavailable",
    "Retry",
    "ServerUnfit",
    "TimeUp",
    "UnknownJob",
    "UnknownPriority",
    "new_id",
    "open_engine",
]

_HOMES = {
    "judgeline.ids": ("new_id",),
    "judgeline.queues.engine": ("Engine", "QueueStats"),
    "judgeline.queues.handler": ("Cancelled", "Context", "GiveUp", "Handler", "Retry", "TimeUp"),
    "judgeline.queues.job": ("Claim", "Enqueued", "Event", "Job", "JobState", "NewJob"),
    "judgeline.queues.open": ("open_engine",),
    "judgeline.queues.options": ("BackoffOptions", "PriorityOptions", "QueueOptions"),
}
_ERRORS = "judgeline.queues.errors"


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    home = next((home for home, names in _HOMES.items() if name in names), _ERRORS)
    return getattr(import_module(home), name)
