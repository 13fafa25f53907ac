"""``judgeline schedules``: what is put on which queue when, and how far each has come."""

from collections.abc import Iterator
from datetime import UTC, datetime

import click
import msgspec

from judgeline.cli.connections import redis_url
from judgeline.cli.output import as_json, print_json, print_table
from judgeline.config import Config, Settings, load_config
from judgeline.config.schedules import schedules_of
from judgeline.queues.open import open_timetable
from judgeline.queues.schedules import next_slot


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """A schedule as it stands."""

    name: str
    queue: str
    priority: str
    cron: str
    timezone: str
    missed: str
    last: datetime | None
    """The newest slot that was fired or passed over; None: no supervisor has seen it yet."""
    next: datetime


@click.command
@as_json
def command(*, as_json: bool) -> None:
    """Show every schedule of queues.toml: its cron, the slot it has come to, and the next one."""
    settings = Settings.from_environment()
    config = load_config(settings.config_file)
    lines = list(_lines(settings, config))
    if as_json:
        print_json(lines)
        return
    if not lines:
        click.echo("queues.toml has no schedules")
        return
    print_table(
        ("schedule", "queue", "priority", "cron", "zone", "last", "next"),
        [
            (
                line.name,
                line.queue,
                line.priority,
                line.cron,
                line.timezone,
                _shown(line.last),
                _shown(line.next),
            )
            for line in lines
        ],
    )


def _lines(settings: Settings, config: Config) -> Iterator[Line]:
    for queue, options in config.queues.items():
        schedules = schedules_of(config, queue)
        if not schedules:
            continue
        marks = open_timetable(queue, options, redis_url(settings)).marks([one.mark for one in schedules])
        for schedule, marker in zip(schedules, marks.slots_ms, strict=True):
            yield Line(
                name=schedule.name,
                queue=queue,
                priority=schedule.priority,
                cron=schedule.cron,
                timezone=schedule.timezone,
                missed=schedule.missed,
                last=_moment(marker) if marker else None,
                next=_moment(next_slot(schedule, marks.now_ms)),
            )


def _moment(ms: int) -> datetime:
    return datetime.fromtimestamp(ms / 1000, UTC)


def _shown(moment: datetime | None) -> str:
    return "" if moment is None else f"{moment:%Y-%m-%d %H:%M} UTC"
