"""Schedules with real supervisors: none is special, and one job comes of a slot."""

import time

from judgeline.config import load_config
from judgeline.config.schedules import schedules_of
from judgeline.queues.job import NewJob
from judgeline.queues.open import open_engine, open_timetable
from judgeline.queues.schedules import job_id

HOUR = 3_600_000


class Clockwork:
    """A schedule of a pool's queue, due each hour, half an hour from now."""

    def __init__(self, pool, redis_client, queue="submissions"):
        self.pool, self.client = pool, redis_client
        minute = (int(time.time()) // 60 - 30) % 60
        self.file = pool.folder / "queues.toml"
        self.file.write_text(
            f"{self.file.read_text()}\n[schedules.digest]\nqueue = '{queue}'\n"
            f"cron = '{minute} * * * *'\nmissed = 'once'\n"
        )
        config = load_config(self.file)
        [self.schedule] = schedules_of(config, queue)
        self.engine = open_engine(queue, config.queues[queue], pool.url)
        self.timetable = open_timetable(queue, config.queues[queue], pool.url)
        self.key = f"jl:{{{queue}}}:schedules"

    def marker(self):
        return self.timetable.marks([self.schedule.mark]).slots_ms[0]

    def make_due(self):
        """Let its newest slot not have been fired."""
        newest = self.marker()
        self.client.hset(self.key, self.schedule.mark, newest - HOUR)
        return job_id(self.schedule, newest)

    def ended(self, job):
        return (found := self.engine.look(job)) is not None and found.state.terminal and found


def test_several_supervisors_fire_a_slot_once(pool, redis_client, helpers):
    clockwork = Clockwork(pool, redis_client)
    for _ in range(3):
        pool.start_ready()
    helpers.until(clockwork.marker, "the schedule to be seen")
    job = clockwork.make_due()
    ended = helpers.until(lambda: clockwork.ended(job), "the job")
    assert (ended.state, ended.origin, ended.attempt, ended.priority) == ("done", "schedule", 1, "low")
    helpers.until(lambda: pool.said("schedule fired"), "the log")
    assert len(pool.said("schedule fired")) == 1
    assert pool.engine.stats().totals["enqueued"] == 1


def test_it_goes_on_when_the_supervisor_that_fired_is_killed(pool, redis_client, helpers):
    clockwork = Clockwork(pool, redis_client)
    first = pool.start_ready()
    pool.start_ready(workers=2)
    helpers.until(clockwork.marker, "the schedule to be seen")
    helpers.kill(first.pid)
    job = clockwork.make_due()
    assert helpers.until(lambda: clockwork.ended(job), "the job").state == "done"


def test_a_reload_brings_a_schedule_and_takes_it_away(pool, redis_client, helpers):
    supervisor = pool.start_ready()
    before = (pool.folder / "queues.toml").read_text()
    clockwork = Clockwork(pool, redis_client)
    supervisor.send_signal(1)
    helpers.until(clockwork.marker, "the schedule to be seen")
    job = clockwork.make_due()
    helpers.until(lambda: clockwork.ended(job), "the job")
    clockwork.file.write_text(before)
    supervisor.send_signal(1)
    helpers.until(lambda: len(pool.said("reloaded queues.toml")) == 2, "the second reload")
    helpers.until(lambda: pool.engine.stats().workers >= 1, "a worker")
    clockwork.make_due()
    marker = clockwork.marker()
    for job in (
        "a",
        "b",
    ):  # each is promoted in a beat of the supervisor's, which looks at schedules after that
        pool.engine.enqueue([NewJob(id=job, priority="low", payload=b"{}", delay_ms=1)])
        pool.ended(job)
    assert clockwork.marker() == marker


def test_on_rq_a_slot_is_fired_once_too(make_pool, redis_url, redis_client, helpers):
    pool = make_pool(redis_url, 'engine = "rq"')
    clockwork = Clockwork(pool, redis_client)
    for _ in range(2):
        pool.start()
    helpers.until(clockwork.marker, "the schedule to be seen")
    job = clockwork.make_due()
    ended = helpers.until(lambda: clockwork.ended(job), "the job")
    assert (ended.state, ended.origin) == ("done", "schedule")
    assert clockwork.engine.stats().totals["enqueued"] == 1
    assert clockwork.marker() > 0


def test_many_that_are_due_at_one_moment_come_at_one_moment(pool, redis_client, helpers):
    many = 250
    for start in range(0, many, 50):
        pool.engine.enqueue(
            [NewJob(id=f"d{start + n}", priority="low", payload=b"{}", delay_ms=HOUR) for n in range(50)]
        )
    pool.start_ready()
    delayed = "jl:{submissions}:delayed"
    with redis_client.pipeline() as pipeline:
        for n in range(many):
            pipeline.zadd(delayed, {f"d{n}": 1})
        pipeline.execute()
    helpers.until(lambda: redis_client.zcard(delayed) == 0, "all to be promoted")
    helpers.until(lambda: pool.engine.stats().totals.get("done", 0) == many, "all to be done")
