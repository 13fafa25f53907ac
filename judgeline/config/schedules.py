"""The schedules of queues.toml, held against the queues they name."""

from judgeline.config.schema import Config
from judgeline.queues.errors import BadSchedule
from judgeline.queues.schedules import Schedule, make_schedule


def make_schedules(config: Config) -> tuple[Schedule, ...]:
    """Give all schedules of a file. Raises BadSchedule with ``schedule`` set to the name of the wrong one."""
    made = []
    for name, options in config.schedules.items():
        if options.queue not in config.queues:
            error = BadSchedule(
                "queue", f"there is no [queues.{options.queue}]", options.queue, tuple(config.queues)
            )
            error.schedule = name
            raise error
        try:
            made.append(make_schedule(name, options, config.queues[options.queue]))
        except BadSchedule as error:
            error.schedule = name
            raise
    return tuple(made)


def schedules_of(config: Config, queue: str) -> tuple[Schedule, ...]:
    """Give the schedules whose jobs go to a queue."""
    return tuple(schedule for schedule in make_schedules(config) if schedule.queue == queue)
