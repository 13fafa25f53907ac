"""``judgeline config``: what is set, and whether it is right."""

import click

from judgeline import preflight
from judgeline.cli.output import as_json, print_json
from judgeline.config import Settings, load_config


@click.group
def command() -> None:
    """Check queues.toml and the environment."""


@command.command
@as_json
def check(*, as_json: bool) -> None:
    """Read queues.toml and the environment as the processes do; the first fault ends it with exit code 2."""
    settings = Settings.from_environment()
    config = load_config(settings.config_file)
    preflight.check(settings, config)
    if as_json:
        print_json(config)
        return
    for name, queue in config.queues.items():
        weights = ", ".join(f"{priority} {options.weight}" for priority, options in queue.priorities.items())
        click.echo(f"queue {name}: engine {queue.engine}, handler {queue.handler}, weights {weights}")
    click.echo(f"{settings.config_file}: ok")
