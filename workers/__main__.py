"""``python -m workers <queue>`` and ``python -m workers recorder``: what the Procfile starts."""

from judgeline import terminal

if __name__ == "__main__":
    terminal.hold()

import os
import sys
import time

import click

from judgeline import log, parent
from judgeline.config import Config, Settings, load_config
from judgeline.config.errors import ConfigError
from judgeline.config.schedules import schedules_of
from judgeline.errors import JudgelineError
from judgeline.queues.options import QueueOptions
from workers import handlers, pool

_SERVER_FILE_S = 10.0


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("queue")
@click.option("--only", metavar="PRIORITY", help="Work this priority alone (a dedicated pool).")
@click.option(
    "--processes",
    type=click.IntRange(1, 256),
    help="Children to keep, in place of what queues.toml says. SIGTTIN adds one, SIGTTOU takes one away.",
)
def main(queue: str, only: str | None, processes: int | None) -> None:
    """Work a QUEUE of queues.toml, or be the recorder (QUEUE "recorder": it writes results into the store).

    Stop it with SIGTERM or Ctrl-C: it takes no more jobs, lets the running ones end within a grace, and puts
    back those that do not. It outlives its Redis, and ends when the process named in JUDGELINE_PARENT_PID
    does. SIGHUP has it read queues.toml anew; a file with a fault is refused and changes nothing.

    Environment: REDIS_URL, JUDGELINE_HOME, JUDGELINE_CONFIG, what the queue's handler needs (SMTP_URL; the
    recorder: DATABASE_URL), JUDGELINE_LOG_LEVEL (debug, info, warning or error).

    Exit status: 0 drained, 2 cannot start.
    """
    try:
        log.configure(queue=queue)
        settings = _settings()
        config = load_config(settings.config_file)
        if queue == "recorder":
            from workers.recorder import main as record  # noqa: PLC0415 - it alone needs the store

            sys.exit(record(settings, config))
        _work(settings, config, queue, only, processes)
    except JudgelineError as error:
        click.echo(f"workers {queue}: {error}", err=True)
        sys.exit(2)


def _work(settings: Settings, config: Config, queue: str, only: str | None, processes: int | None) -> None:
    def order(config: Config) -> pool.Order:
        options = _options(settings, config, queue, only)
        factory = handlers.load(options.handler)
        place = handlers.Workplace(settings, config, options)
        return pool.Order(options, lambda: factory(place), processes, schedules_of(config, queue))

    first = order(config)

    def reload() -> pool.Order:
        anew = order(load_config(settings.config_file))
        if anew.options.engine != first.options.engine:
            raise ConfigError(
                str(settings.config_file), f"queues.{queue}.engine", "another engine needs a restart"
            )
        return anew

    pool.work(queue, settings.redis_url, first, only=only, reload=reload)


def _options(settings: Settings, config: Config, queue: str, only: str | None) -> QueueOptions:
    file = str(settings.config_file)
    if queue not in config.queues:
        known = ", ".join(config.queues)
        raise ConfigError(file, "queues", f"there is no queue {queue!r}; there are {known}")
    options = config.queues[queue]
    if only is not None and only not in options.priorities:
        known = ", ".join(options.priorities)
        reason = f"there is no priority {only!r}; there are {known}"
        raise ConfigError(file, f"queues.{queue}.priorities", reason)
    return options


def _settings() -> Settings:
    """Read the settings; under a process manager wait for the bundled server, which starts beside us."""
    deadline = time.monotonic() + _SERVER_FILE_S
    while True:
        settings = Settings.from_environment()
        if settings.redis_url:
            return settings
        if not os.environ.get(parent.VARIABLE) or time.monotonic() > deadline:
            reason = f"is not set, and no bundled server runs in {settings.home}"
            raise ConfigError("environment", "REDIS_URL", reason)
        time.sleep(0.1)


if __name__ == "__main__":
    main(prog_name="python -m workers")
