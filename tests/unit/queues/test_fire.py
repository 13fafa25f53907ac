"""Firing schedules: one job a slot, whoever asks, on fakeredis and on the real server."""

import threading
from concurrent.futures import ThreadPoolExecutor

import fakeredis
import pytest
from msgspec import structs
from redis import Redis

from judgeline.queues.engine import Ending, Finish
from judgeline.queues.job import JobState, NewJob
from judgeline.queues.keys import Keys
from judgeline.queues.lists import ListsConsumer, ListsEngine
from judgeline.queues.lists.timetable import ListsTimetable
from judgeline.queues.open import open_consumer, open_engine, open_timetable
from judgeline.queues.options import QueueOptions
from judgeline.queues.rules import MAX_DELAY_MS
from judgeline.queues.schedules import GRACE_MS, Fired, ScheduleOptions, due, job_id, make_schedule
from workers.timekeeper import Timekeeper

MINUTE = 60_000
HOUR = 60 * MINUTE


class Bench:
    def __init__(self, client, **options):
        self.client = client
        self.options = QueueOptions(handler="noop", **options)
        self.engine = ListsEngine(client, "unit", self.options)
        self.consumer = ListsConsumer(client, client, "unit", self.options)
        self.timetable = ListsTimetable(client, "unit", self.options)
        self.key = Keys("unit").named("schedules")

    def schedule(self, cron="", name="digest", **more):
        """One that is due each hour, half an hour from now, and catches up unless told otherwise."""
        cron = cron or f"{(self.timetable.marks([]).now_ms // MINUTE - 30) % 60} * * * *"
        more = {"missed": "once"} | more
        return make_schedule(name, ScheduleOptions(queue="unit", cron=cron, **more), self.options)

    def keeper(self, *schedules):
        ticks = iter(range(10_000))
        return Timekeeper(self.timetable, schedules, clock=lambda: next(ticks))

    def set_back(self, schedule, ms):
        """Let the newest slot have been this long ago, as if nobody had looked since."""
        marks = self.timetable.marks([schedule.mark])
        self.client.hset(self.key, schedule.mark, marks.slots_ms[0] - ms)

    def marker(self, schedule):
        return self.timetable.marks([schedule.mark]).slots_ms[0]

    def ids(self):
        """All jobs there are."""
        return sorted(key.decode().split("job:")[1] for key in self.client.scan_iter("jl:{unit}:job:*"))

    def asked(self, schedule):
        """What a supervisor would ask now."""
        marks = self.timetable.marks([schedule.mark])
        return due(schedule, marks.now_ms, marks.slots_ms[0])


@pytest.fixture(params=["fake", "valkey"])
def make_bench(request, check_leaks):
    made = []
    if request.param == "fake":
        client = fakeredis.FakeRedis(server=fakeredis.FakeServer())
    else:
        client = request.getfixturevalue("redis_client")

    def make(**options):
        made.append(Bench(client, **options))
        return made[-1]

    yield make
    for bench in made:
        check_leaks(client, bench.engine, bench.consumer)
    if request.param == "fake":
        client.close()


@pytest.fixture
def bench(make_bench):
    return make_bench()


def test_first_seen_it_fires_nothing_and_then_each_slot_once(bench):
    schedule = bench.schedule(payload={"kind": "digest"}, user="house")
    keeper = bench.keeper(schedule)
    keeper.keep()
    assert bench.ids() == []
    bench.set_back(schedule, HOUR)
    keeper.keep()
    keeper.keep()
    [job] = bench.ids()
    assert job == job_id(schedule, bench.marker(schedule))
    claim = bench.consumer.claim("w", 1)
    assert (claim.id, claim.priority, claim.user) == (job, "low", "house")
    assert claim.payload == b'{"kind":"digest"}'
    assert bench.engine.look(job).origin == "schedule"


def test_supervisors_that_look_at_once_fire_once(bench):
    schedule = bench.schedule()
    bench.keeper(schedule).keep()
    bench.set_back(schedule, HOUR)
    firing = bench.asked(schedule)
    together = threading.Barrier(4)

    def fire(_):
        together.wait()
        return bench.timetable.fire(firing)

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(fire, range(4)))
    assert sorted(answers) == [Fired.FIRED, Fired.KNOWN, Fired.KNOWN, Fired.KNOWN]
    assert len(bench.ids()) == 1
    assert bench.engine.stats().totals["enqueued"] == 1


def test_a_repeat_after_a_lost_reply_changes_nothing(bench):
    schedule = bench.schedule()
    first = bench.asked(schedule)
    assert [bench.timetable.fire(first) for _ in range(2)] == [Fired.KNOWN, Fired.KNOWN]
    bench.set_back(schedule, HOUR)
    firing = bench.asked(schedule)
    assert [bench.timetable.fire(firing) for _ in range(2)] == [Fired.FIRED, Fired.KNOWN]
    assert bench.engine.stats().totals["enqueued"] == 1


def test_a_slot_in_the_servers_future_is_refused(bench):
    schedule = bench.schedule()
    bench.keeper(schedule).keep()
    marks = bench.timetable.marks([schedule.mark])
    ahead = due(schedule, marks.now_ms + HOUR, marks.slots_ms[0])  # a client whose clock is wrong
    assert bench.timetable.fire(ahead) is Fired.EARLY
    assert bench.ids() == []
    assert bench.marker(schedule) == marks.slots_ms[0]


def test_an_emptied_server_is_as_if_the_schedule_were_new(bench):
    schedule = bench.schedule()
    keeper = bench.keeper(schedule)
    keeper.keep()
    bench.client.flushall()
    keeper.keep()
    assert bench.ids() == []
    bench.set_back(schedule, HOUR)
    keeper.keep()
    assert len(bench.ids()) == 1


def test_slots_of_a_downtime_are_skipped(bench, capsys):
    schedule = bench.schedule(missed="skip")
    keeper = bench.keeper(schedule)
    keeper.keep()
    bench.set_back(schedule, 3 * HOUR)
    keeper.keep()
    assert bench.ids() == []
    assert bench.engine.stats().totals["missed"] == 3
    assert "slots=3" in capsys.readouterr().out
    assert bench.asked(schedule) is None


def test_or_caught_up_with_one_job(bench):
    schedule = bench.schedule(missed="once")
    keeper = bench.keeper(schedule)
    keeper.keep()
    newest = bench.marker(schedule)
    bench.set_back(schedule, 3 * HOUR)
    keeper.keep()
    assert bench.ids() == [job_id(schedule, newest)]
    assert bench.engine.stats().totals["missed"] == 2


@pytest.mark.parametrize("missed", ["skip", "once"])
def test_another_cron_or_a_schedule_that_went_and_came_brings_no_burst(bench, missed):
    before, after = bench.schedule("0 0 1 1 *", missed=missed), bench.schedule(missed=missed)
    bench.keeper(before).keep()
    keeper = bench.keeper(after)
    keeper.keep()
    assert bench.ids() == []
    bench.set_back(after, 7 * 24 * HOUR)  # taken out, and put back a week later
    keeper.keep()
    keeper.keep()
    assert len(bench.ids()) <= 1


def test_markers_of_former_crons_are_forgotten(bench):
    former = [bench.schedule(f"0 0 {day} 1 *") for day in (1, 2)]
    other = bench.schedule("0 0 1 1 *", name="dig")
    for schedule in (*former, other):
        bench.keeper(schedule).keep()
    bench.keeper(bench.schedule()).keep()
    assert bench.client.hlen(bench.key) == 2  # this one's, and the other schedule's


def test_a_clock_that_was_set_back_stops_no_schedule(bench):
    schedule = bench.schedule()
    keeper = bench.keeper(schedule)
    keeper.keep()
    bench.set_back(schedule, -24 * HOUR)
    keeper.keep()
    assert bench.marker(schedule) <= bench.timetable.marks([]).now_ms
    assert bench.ids() == []
    bench.set_back(schedule, HOUR)
    keeper.keep()
    assert len(bench.ids()) == 1


@pytest.mark.parametrize("closed", [True, False])
def test_a_full_queue_is_tried_again_however_late_until_the_next_slot(make_bench, closed, capsys):
    bench = make_bench(max_queued=1, max_queued_per_user=1)
    schedule = bench.schedule()
    if closed:
        bench.engine.shut()
    else:
        bench.engine.enqueue([NewJob(id="a", priority="low", payload=b"")])
    bench.keeper(schedule).keep()
    bench.set_back(schedule, HOUR)
    firing = bench.asked(schedule)
    assert [bench.timetable.fire(firing) for _ in range(2)] == [Fired.FULL, Fired.FULL]
    assert bench.marker(schedule) == firing.seen_ms
    if closed:
        bench.engine.reopen()
    else:
        bench.consumer.claim("w", 1)
    late = structs.replace(firing, patience_ms=0)  # too late for one that had not been tried in time
    assert bench.timetable.fire(late) is Fired.FIRED
    assert firing.job.id in bench.ids()


def test_a_slot_that_found_no_room_until_the_next_was_missed_and_is_told_of(make_bench, capsys):
    bench = make_bench(max_queued=1, max_queued_per_user=1)
    schedule = bench.schedule()
    bench.engine.enqueue([NewJob(id="a", priority="low", payload=b"")])
    keeper = bench.keeper(schedule)
    keeper.keep()
    bench.set_back(schedule, 2 * HOUR)
    marker = bench.marker(schedule)
    assert bench.timetable.fire(due(schedule, marker + HOUR, marker)) is Fired.FULL
    keeper.keep()
    keeper.keep()
    assert capsys.readouterr().out.count("no room for a schedule's job") == 1
    bench.consumer.claim("w", 1)
    keeper.keep()
    out = capsys.readouterr().out
    assert "schedule fired" in out
    assert bench.engine.stats().totals["missed"] == 1


def test_a_server_that_is_away_costs_one_line(capsys):
    client = fakeredis.FakeRedis(server=(server := fakeredis.FakeServer()))
    bench = Bench(client)
    keeper = bench.keeper(bench.schedule())
    keeper.keep()
    server.connected = False
    keeper.keep()
    keeper.keep()
    assert capsys.readouterr().out.count("schedules wait for the server") == 1
    server.connected = True
    keeper.keep()
    client.close()


def test_a_supervisor_looks_no_more_than_twice_a_second(bench):
    seen, schedule = [], bench.schedule()
    bench.timetable.marks, real = lambda names: seen.append(1) or real(names), bench.timetable.marks
    keeper = Timekeeper(bench.timetable, [schedule], clock=lambda: 5.0)
    keeper.keep()
    keeper.keep()
    assert len(seen) == 1
    Timekeeper(bench.timetable, []).keep()
    assert len(seen) == 1


def test_its_job_ends_like_any_and_keeps_its_payload_for_the_store(bench):
    schedule = bench.schedule(payload={"x": 1})
    bench.keeper(schedule).keep()
    bench.set_back(schedule, HOUR)
    bench.keeper(schedule).keep()
    bench.consumer.finish(bench.consumer.claim("w", 1), Ending(kind=Finish.DONE, result=b"1"))
    [ended] = bench.engine.unrecorded()
    assert (ended.state, ended.origin, ended.payload) == (JobState.DONE, "schedule", b'{"x":1}')


def test_the_script_knows_the_longest_delay_and_a_minutes_grace_is_enough(bench):
    assert MAX_DELAY_MS == 2_592_000_000
    bench.engine.enqueue([NewJob(id="a", priority="low", payload=b"", delay_ms=MAX_DELAY_MS)])
    assert GRACE_MS >= 10_000  # supervisors look once a second; a failover takes some


def test_a_queue_in_shards_fires_once_and_its_job_runs_and_is_recorded(redis_url):
    options = QueueOptions(handler="noop", shards=3)
    schedule = make_schedule(
        "digest", ScheduleOptions(queue="unit", cron="* * * * *", missed="once"), options
    )
    timetables = [open_timetable("unit", options, redis_url) for _ in range(2)]
    engine, consumer = (opened("unit", options, redis_url) for opened in (open_engine, open_consumer))
    marks = timetables[0].marks([schedule.mark])
    first = due(schedule, marks.now_ms - HOUR, None)
    assert timetables[0].fire(first) is Fired.KNOWN
    firing = due(schedule, marks.now_ms, first.slot_ms)
    assert [timetable.fire(firing) for timetable in timetables] == [Fired.FIRED, Fired.KNOWN]
    claim = next(filter(None, (consumer.claim("w", sequence) for sequence in range(1, 9))))
    assert claim.id == firing.job.id
    consumer.finish(claim, Ending(kind=Finish.DONE, result=b"1"))
    [ended] = engine.unrecorded()
    assert (ended.id, ended.origin) == (firing.job.id, "schedule")
    engine.settle([ended])
    assert engine.unrecorded() == []


def test_a_server_without_memory_takes_no_job_and_the_slot_is_tried_again(start_valkey):
    with Redis.from_url(start_valkey()) as client:
        bench = Bench(client)
        schedule = bench.schedule()
        keeper = bench.keeper(schedule)
        keeper.keep()
        bench.set_back(schedule, HOUR)
        client.config_set("maxmemory", 1)
        keeper.keep()
        assert bench.ids() == []
        assert bench.timetable.marks([schedule.mark]).slots_ms == [bench.asked(schedule).seen_ms]
        client.config_set("maxmemory", 0)
        keeper.keep()
        assert len(bench.ids()) == 1
