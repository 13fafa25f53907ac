"""Schedules: what a calendar puts on a queue. Pure: slots from a cron and a time; no server, no clock.

A *slot* is an instant at which a schedule is due, Unix milliseconds. Each gives one job, whose id is made of
the schedule's name and the slot, so that whoever fires it, and however often, it is one job. How far a
schedule has come is a *marker* on the server: the newest slot that was fired or passed over.
"""

import functools
import hashlib
import re
import zoneinfo
from collections.abc import Sequence
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Any, Literal, Protocol

import msgspec
from msgspec import Meta

from judgeline.queues.errors import BadSchedule
from judgeline.queues.job import NewJob
from judgeline.queues.options import QueueName, QueueOptions
from judgeline.queues.rules import MAX_USER_BYTES

GRACE_MS = 60_000
"""With ``missed = "skip"``: how late a slot may be found, milliseconds. A supervisor looks each second."""
MOST_PASSED_OVER = 1_000
"""Slots of a downtime that are counted; what is told of more is "at least"."""
ALIASES = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
}
_SOME_DAY_MS = 1_767_225_600_000  # 2026-01-01: from here on a cron must fire some time
_LONGEST_CRON = 200
_MINUTE_MS = 60_000
_AN_HOUR_TWICE = 200  # minutes that may come twice, and more

ScheduleName = Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_-]{0,63}$")]


class ScheduleOptions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One schedule, from ``[schedules.<name>]``."""

    queue: QueueName
    """The queue its jobs go to."""
    cron: str
    """Minute, hour, day, month, weekday; or one of @hourly, @daily, @weekly, @monthly, @yearly."""
    timezone: str = "UTC"
    """The IANA zone whose clocks ``cron`` is read on."""
    priority: str = ""
    """The priority of its jobs; "" is the queue's lightest, for nobody waits for them."""
    payload: dict[str, Any] = {}
    """What the handler gets, as JSON."""
    user: str = ""
    """Who takes turns with whom; "" takes no part in that."""
    missed: Literal["skip", "once"] = "skip"
    """What becomes of slots that passed while nobody could fire them: nothing, or one job for all of them."""


class Schedule(msgspec.Struct, frozen=True, kw_only=True):
    """A schedule that was found right."""

    name: str
    queue: str
    cron: str
    """Its five fields."""
    timezone: str
    priority: str
    payload: bytes
    user: str
    missed: Literal["skip", "once"]

    @property
    def mark(self) -> str:
        """Where its marker is kept. Another cron or zone is another marker: no slot of the old one counts."""
        when = hashlib.blake2b(f"{self.cron} {self.timezone}".encode(), digest_size=4).hexdigest()
        return f"{self.name}:{when}"


class Firing(msgspec.Struct, frozen=True, kw_only=True):
    """What a timetable is asked to do."""

    mark: str
    slot_ms: int
    """The newest slot by the server's clock; 0 = there has been none yet."""
    seen_ms: int
    """The marker it was worked out from; 0 = none."""
    patience_ms: int
    """How late the slot may be; -1 = however late."""
    passed_over: int
    """Slots between the marker and this one."""
    job: NewJob


class Fired(StrEnum):
    """What a timetable did."""

    FIRED = "fired"
    MISSED = "missed"
    """It was too late for this slot; the marker has passed it."""
    FULL = "full"
    """The queue takes no job now: again until the next slot is due."""
    KNOWN = "known"
    """Somebody else was first, or the schedule was seen for the first time: nothing to fire yet."""
    EARLY = "early"
    """The slot is in the server's future; nothing was done."""


class Marks(msgspec.Struct, frozen=True):
    """How far schedules have come."""

    now_ms: int
    """The server's time, the only one that counts."""
    slots_ms: list[int | None]
    """The marker of each, None = it has none."""


class Timetable(Protocol):
    """The markers of a queue's schedules, and the one step that fires one."""

    def marks(self, schedules: Sequence[str]) -> Marks:
        """Give the server's time and each schedule's marker. Raises QueueUnavailable."""

    def fire(self, firing: Firing) -> Fired:
        """Put a slot's job on the queue unless that was done; may be repeated. Raises QueueUnavailable."""


def make_schedule(name: str, options: ScheduleOptions, queue: QueueOptions) -> Schedule:
    """Check a schedule against the queue it names. Raises BadSchedule, which names the key."""
    weights = {name: priority.weight for name, priority in queue.priorities.items()}
    priority = options.priority or min(reversed(weights), key=weights.__getitem__)
    if priority not in queue.priorities:
        reason = f"queue {options.queue} has no priority {priority!r}; it has {', '.join(queue.priorities)}"
        raise BadSchedule("priority", reason, priority, tuple(queue.priorities))
    if len(options.user.encode()) > MAX_USER_BYTES:
        raise BadSchedule("user", f"is longer than {MAX_USER_BYTES} bytes")
    payload = msgspec.json.encode(options.payload)
    if len(payload) > queue.max_payload_bytes:
        reason = f"makes {len(payload)} bytes of JSON; queue {options.queue} takes {queue.max_payload_bytes}"
        raise BadSchedule("payload", reason)
    _check_zone(options.timezone)
    schedule = Schedule(
        name=name,
        queue=options.queue,
        cron=_fields_of(options.cron),
        timezone=options.timezone,
        priority=priority,
        payload=payload,
        user=options.user,
        missed=options.missed,
    )
    if not next_slot(schedule, _SOME_DAY_MS):
        raise BadSchedule("cron", f"{options.cron!r} never fires")
    return schedule


def newest_slot(schedule: Schedule, now_ms: int) -> int:
    """Give the newest slot that is not after ``now_ms``; 0 when there has been none within fifty years."""
    after = (now_ms // _MINUTE_MS + 1) * _MINUTE_MS  # slots are whole minutes
    return _neighbour(schedule, after, back=True)


def next_slot(schedule: Schedule, after_ms: int) -> int:
    """Give the first slot after ``after_ms``; 0 when there is none within fifty years."""
    return _neighbour(schedule, after_ms, back=False)


@functools.lru_cache(maxsize=128)  # a full queue has the same slots counted twice a second
def count_slots(schedule: Schedule, after_ms: int, before_ms: int) -> int:
    """Give how many slots lie between two times, neither of them counted; at most MOST_PASSED_OVER."""
    count, slot = 0, next_slot(schedule, after_ms)
    while 0 < slot < before_ms and count < MOST_PASSED_OVER:
        count, slot = count + 1, next_slot(schedule, slot)
    return count


def job_id(schedule: Schedule, slot_ms: int) -> str:
    """Give the id of a slot's job, e.g. digest-20261124T080000Z: letters, digits, _ and - alone."""
    return f"{schedule.name}-{datetime.fromtimestamp(slot_ms / 1000, UTC):%Y%m%dT%H%M%SZ}"


def due(schedule: Schedule, now_ms: int, marker_ms: int | None) -> Firing | None:
    """Give what a timetable is to be asked now, or None when the schedule has nothing to do."""
    slot = newest_slot(schedule, now_ms)
    if marker_ms is not None and slot <= marker_ms <= now_ms:
        return None
    known = marker_ms is not None and marker_ms <= now_ms  # else first seen, or a clock that was set back
    return Firing(
        mark=schedule.mark,
        slot_ms=slot,
        seen_ms=marker_ms or 0,
        patience_ms=GRACE_MS if schedule.missed == "skip" else -1,
        passed_over=count_slots(schedule, marker_ms or 0, slot) if known else 0,
        job=NewJob(
            id=job_id(schedule, slot),
            priority=schedule.priority,
            payload=schedule.payload,
            user=schedule.user,
        ),
    )


def _neighbour(schedule: Schedule, from_ms: int, *, back: bool) -> int:
    """The slot before or after a time.

    Croniter has a time that the clocks skip happen at the end of the gap, and one that comes twice happen
    twice. The second is right for what is due each hour; a job of one hour of the day runs the first time.
    """
    from croniter import CroniterBadDateError, croniter  # noqa: PLC0415 - 30 ms, and few files have schedules

    start = datetime.fromtimestamp(from_ms / 1000, zoneinfo.ZoneInfo(schedule.timezone))
    moments = croniter(schedule.cron, start, ret_type=datetime)
    hourly = schedule.cron.split()[1] == "*"
    for _ in range(_AN_HOUR_TWICE):
        try:
            moment: datetime = moments.get_prev() if back else moments.get_next()
        except CroniterBadDateError:
            return 0
        if hourly or moment.utcoffset() == moment.replace(fold=0).utcoffset():
            return max(0, round(moment.timestamp() * 1000))
    return 0


def _fields_of(cron: str) -> str:
    """Give the five fields of a cron. Raises BadSchedule."""
    text = " ".join(cron.lower().split())
    if text.startswith("@"):
        if text not in ALIASES:
            reason = f"there is no {text[:40]!r}; there are {', '.join(ALIASES)}"
            raise BadSchedule("cron", reason, text, tuple(ALIASES))
        return ALIASES[text]
    fields = text.split()
    if len(fields) != 5 or len(text) > _LONGEST_CRON:
        wanted = "five are needed: minute hour day month weekday"
        raise BadSchedule("cron", f"{cron[:60]!r} has {len(fields)} fields; {wanted}")
    if any(part[:1] in {"h", "r"} for field in fields for part in re.split(r"[,/-]", field)):
        reason = f"{cron!r} leaves a field to chance; every worker must come to the same times"
        raise BadSchedule("cron", reason)
    from croniter import croniter  # noqa: PLC0415 - as above

    try:
        croniter(text)
    except (ValueError, KeyError, TypeError) as error:
        raise BadSchedule("cron", f"{cron!r} cannot be read: {error}") from None
    return text


def _check_zone(name: str) -> None:
    try:
        zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        zones = tuple(sorted(zoneinfo.available_timezones()))
        raise BadSchedule("timezone", f"there is no time zone {name[:60]!r}", name, zones) from None
