"""What works the jobs: one module a handler, and the allow-list that names them.

A job never names code to import: ``queues.toml`` names a handler of this list for a whole queue. Each module
is imported only where its queue is worked, and before the fork, so that the children share its pages.
"""

from collections.abc import Callable
from dataclasses import dataclass

from judgeline.config import Config, Settings
from judgeline.config.errors import ConfigError
from judgeline.queues.handler import Handler
from judgeline.queues.options import QueueOptions


@dataclass(frozen=True)
class Workplace:
    """What a handler may know of where it works."""

    settings: Settings
    config: Config
    options: QueueOptions


Factory = Callable[[Workplace], Handler]
"""Makes a handler, in the child that uses it. Raises ``workers.errors.Unready`` where it cannot work now."""


def _judge() -> Factory:
    from workers.handlers.judge import make  # noqa: PLC0415 - only the judge's queue needs its imports

    return make


def _email() -> Factory:
    from workers.handlers.email import make  # noqa: PLC0415 - only the mail's queue needs its imports

    return make


def _noop() -> Factory:
    from workers.handlers.noop import make  # noqa: PLC0415 - only tests and benchmarks need it

    return make


ALLOWED: dict[str, Callable[[], Factory]] = {"judge": _judge, "email": _email, "noop": _noop}


def load(name: str) -> Factory:
    """Import a handler's module and give what makes it. Raises ConfigError for a name not on the list."""
    if name not in ALLOWED:
        raise ConfigError("queues.toml", "handler", f"{name!r} is not one of {', '.join(ALLOWED)}")
    return ALLOWED[name]()
