"""Opening what an operator's verbs work on, from the environment and queues.toml."""

from collections.abc import Iterable

import click

from judgeline.config import Config, Settings, load_config
from judgeline.queues.engine import Engine
from judgeline.queues.errors import QueueUnavailable
from judgeline.queues.open import open_engine
from judgeline.queues.options import QueueOptions


def open_engines(names: Iterable[str] = ()) -> dict[str, Engine]:
    """Open the named queues, or all. Raises QueueUnavailable, or UsageError for a wrong name."""
    settings = Settings.from_environment()
    config = load_config(settings.config_file)
    wanted = list(names) or list(config.queues)
    return {name: open_engine(name, queue_options(config, name), redis_url(settings)) for name in wanted}


def redis_url(settings: Settings) -> str:
    """The server's URL. Raises QueueUnavailable, with what to do, where none is known."""
    if not settings.redis_url:
        raise QueueUnavailable(
            f"no server: REDIS_URL is not set and none has run on {settings.home}; start `judgeline up`"
        )
    return settings.redis_url


def queue_options(config: Config, name: str) -> QueueOptions:
    """One queue's options. Raises UsageError naming the queues there are."""
    if name not in config.queues:
        raise click.UsageError(f"no queue {name!r}; there are: {', '.join(config.queues)}")
    return config.queues[name]


def check_priority(engine: Engine, priority: str | None) -> None:
    """Raise UsageError for a priority that a queue has not, naming those it has; None is all of them."""
    known = engine.options.priorities
    if priority is not None and priority not in known:
        raise click.UsageError(
            f"queue {engine.name} has no priority {priority!r}; there are: {', '.join(known)}"
        )
