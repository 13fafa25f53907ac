"""When schedules are due: on which instants, and what becomes of those that passed."""

import itertools
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from judgeline.queues.errors import BadSchedule
from judgeline.queues.options import PriorityOptions, QueueOptions
from judgeline.queues.schedules import (
    ALIASES,
    GRACE_MS,
    MOST_PASSED_OVER,
    ScheduleOptions,
    count_slots,
    due,
    job_id,
    make_schedule,
    newest_slot,
    next_slot,
)

DAY = 86_400_000
QUEUE = QueueOptions(handler="noop")


def made(cron="0 8 * * *", zone="UTC", queue=QUEUE, **more):
    options = ScheduleOptions(queue="emails", cron=cron, timezone=zone, **more)
    return make_schedule("digest", options, queue)


def ms(text, zone="UTC"):
    return round(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp() * 1000)


def local_slots(schedule, start, end):
    """The wall clock's times, with its offset, of all slots between two wall times."""
    zone, told = ZoneInfo(schedule.timezone), []
    slot, last = next_slot(schedule, ms(start, schedule.timezone)), ms(end, schedule.timezone)
    while slot < last:
        told.append(datetime.fromtimestamp(slot / 1000, zone).strftime("%d %H:%M%z"))
        slot = next_slot(schedule, slot)
    return told


def test_the_slots_around_a_time():
    schedule = made()
    assert newest_slot(schedule, ms("2026-11-24 07:59:59.999")) == ms("2026-11-23 08:00")
    assert newest_slot(schedule, ms("2026-11-24 08:00")) == ms("2026-11-24 08:00")
    assert newest_slot(schedule, ms("2026-11-24 08:00:00.001")) == ms("2026-11-24 08:00")
    assert next_slot(schedule, ms("2026-11-24 07:59:59.999")) == ms("2026-11-24 08:00")
    assert next_slot(schedule, ms("2026-11-24 08:00")) == ms("2026-11-25 08:00")


def test_a_slots_job_has_one_id_that_rq_takes_too():
    assert job_id(made(), ms("2026-11-24 08:00")) == "digest-20261124T080000Z"


def test_the_zones_clocks_are_meant():
    assert newest_slot(made(zone="Asia/Kathmandu"), ms("2026-11-24 12:00")) == ms("2026-11-24 02:15")


def test_a_time_that_the_clocks_skip_is_the_end_of_the_gap():
    schedule = made("30 2 * * *", "Europe/Berlin")
    assert local_slots(schedule, "2026-03-28 00:00", "2026-03-31 00:00") == [
        "28 02:30+0100",
        "29 03:00+0200",
        "30 02:30+0200",
    ]


def test_a_time_of_the_day_that_comes_twice_is_the_first_of_the_two():
    schedule = made("30 2 * * *", "Europe/Berlin")
    assert local_slots(schedule, "2026-10-24 00:00", "2026-10-27 00:00") == [
        "24 02:30+0200",
        "25 02:30+0200",
        "26 02:30+0100",
    ]
    assert newest_slot(schedule, ms("2026-10-25 04:00", "Europe/Berlin")) == ms("2026-10-25 00:30")


def test_what_is_due_each_hour_goes_by_the_time_that_passes():
    schedule = made("0 * * * *", "Europe/Berlin")
    assert local_slots(schedule, "2026-10-25 00:30", "2026-10-25 03:30") == [
        "25 01:00+0200",
        "25 02:00+0200",
        "25 02:00+0100",
        "25 03:00+0100",
    ]
    assert local_slots(schedule, "2026-03-29 00:30", "2026-03-29 04:30") == [
        "29 01:00+0100",
        "29 03:00+0200",
        "29 04:00+0200",
    ]


@settings(max_examples=60, deadline=None)
@given(
    cron=st.sampled_from(
        ["30 2 * * *", "*/7 * * * *", "15 1-3 * * *", "0 */2 * * *", "59 23 1 * *", "5 0 * * 0"]
    ),
    zone=st.sampled_from(
        ["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Europe/Dublin", "Pacific/Apia"]
    ),
    year=st.integers(2010, 2040),
    turn=st.sampled_from(["03-07", "03-28", "04-02", "10-02", "10-24", "11-01", "12-29"]),
    hours=st.integers(0, 96),
)
def test_looking_back_finds_what_looking_ahead_found(cron, zone, year, turn, hours):
    schedule = made(cron, zone)
    start = ms(f"{year}-{turn} 00:00") + hours * 3_600_000
    ahead = [slot := next_slot(schedule, start)] + [slot := next_slot(schedule, slot) for _ in range(12)]
    assert ahead == sorted(set(ahead))
    for earlier, later in itertools.pairwise(ahead):
        assert newest_slot(schedule, later - 1) == earlier
    assert count_slots(schedule, ahead[0], ahead[-1]) == len(ahead) - 2


def test_a_leap_day_has_slots():
    assert newest_slot(made("0 0 29 2 *"), ms("2026-11-24 12:00")) == ms("2024-02-29 00:00")
    assert next_slot(made("0 0 29 2 *"), ms("2026-11-24 12:00")) == ms("2028-02-29 00:00")


def test_a_schedule_seen_for_the_first_time_only_gets_its_marker():
    now = ms("2026-11-24 08:00:10")
    firing = due(made(), now, None)
    assert (firing.slot_ms, firing.seen_ms, firing.passed_over) == (ms("2026-11-24 08:00"), 0, 0)


def test_nothing_is_due_between_slots():
    assert due(made(), ms("2026-11-25 07:59:59"), ms("2026-11-24 08:00")) is None


@pytest.mark.parametrize(("missed", "patience"), [("skip", GRACE_MS), ("once", -1)])
def test_after_a_downtime_there_is_one_slot_whatever_passed(missed, patience):
    firing = due(made(missed=missed), ms("2026-11-24 08:00:10"), ms("2026-11-20 08:00"))
    assert firing.job.id == "digest-20261124T080000Z"
    assert (firing.slot_ms, firing.seen_ms) == (ms("2026-11-24 08:00"), ms("2026-11-20 08:00"))
    assert (firing.passed_over, firing.patience_ms) == (3, patience)


def test_of_a_long_downtime_only_so_many_slots_are_counted():
    firing = due(made("* * * * *"), ms("2026-11-24 08:00"), ms("2026-11-01 08:00"))
    assert firing.passed_over == MOST_PASSED_OVER


def test_a_marker_in_the_future_is_asked_about():
    now = ms("2026-11-24 08:30")
    firing = due(made(), now, now + DAY)
    assert (firing.slot_ms, firing.passed_over) == (ms("2026-11-24 08:00"), 0)


def test_another_cron_or_zone_is_another_marker():
    marks = {made().mark, made("0 9 * * *").mark, made(zone="Europe/Berlin").mark}
    assert len(marks) == 3
    assert made("@daily").mark == made("0  0 * * *").mark
    assert all(mark.startswith("digest:") for mark in marks)


def test_its_jobs_are_the_lightest_priority_unless_it_says_more():
    queue = QueueOptions(
        handler="noop",
        priorities={"slow": PriorityOptions(1), "fast": PriorityOptions(9), "night": PriorityOptions(1)},
    )
    assert made(queue=queue).priority == "night"
    assert made(queue=queue, priority="fast").priority == "fast"
    assert due(made(payload={"b": [1, "é"]}, user="u"), 1, None).job.payload == '{"b":[1,"é"]}'.encode()


@pytest.mark.parametrize(
    "cron", [*ALIASES, "@Daily", " 0  8 * * MON-FRI ", "0 0 L * *", "*/5 8-18/2 1,15 jan *"]
)
def test_a_cron_that_can_be_followed(cron):
    assert next_slot(made(cron), ms("2026-11-24 08:00")) > ms("2026-11-24 08:00")


@pytest.mark.parametrize(
    ("options", "key", "reason"),
    [
        ({"cron": "0 0 31 2 *"}, "cron", "never fires"),
        ({"cron": "0 0 30 feb *"}, "cron", "never fires"),
        ({"cron": "* * * * * *"}, "cron", "6 fields"),
        ({"cron": "* * * *"}, "cron", "4 fields"),
        ({"cron": ""}, "cron", "0 fields"),
        ({"cron": "60 * * * *"}, "cron", "cannot be read"),
        ({"cron": "0 8 * * someday"}, "cron", "cannot be read"),
        ({"cron": "-1 * * * *"}, "cron", "cannot be read"),
        ({"cron": "*/0 * * * *"}, "cron", "cannot be read"),
        ({"cron": "h * * * *"}, "cron", "chance"),
        ({"cron": "0 r(1-5) * * *"}, "cron", "chance"),
        ({"cron": "@reboot"}, "cron", "there is no '@reboot'"),
        ({"cron": "0 8 * * *", "zone": "Europe/Berln"}, "timezone", "no time zone"),
        ({"cron": "0 8 * * *", "zone": ""}, "timezone", "no time zone"),
        ({"cron": "0 8 * * *", "zone": "../etc/passwd"}, "timezone", "no time zone"),
        ({"cron": "0 8 * * *", "zone": "Europe"}, "timezone", "no time zone"),
        ({"cron": "0 8 * * *", "priority": "urgent"}, "priority", "it has high, low"),
        ({"cron": "0 8 * * *", "user": "u" * 257}, "user", "longer than 256"),
        ({"cron": "0 8 * * *", "payload": {"x": "y" * 4_194_304}}, "payload", "takes 4194304"),
    ],
)
def test_what_cannot_be_followed_is_refused_by_its_key(options, key, reason):
    with pytest.raises(BadSchedule, match=reason.replace("(", "\\(")) as refused:
        made(**options)
    assert refused.value.key == key
