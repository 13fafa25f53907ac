"""Real workers under a long queue: who comes with little is taken by the first child that gets free."""

from judgeline.ids import new_id
from judgeline.queues.job import JobState, NewJob

LOW, HIGH, BUSY_MS = 10_000, 12, 20


def test_a_high_job_starts_when_the_first_of_the_running_ones_ends_however_many_wait(make_pool, redis_url):
    pool = make_pool(redis_url, "max_queued_per_user = 20_000")
    low = [new_id() for _ in range(LOW)]
    payload = b'{"sleep_ms":%d}' % BUSY_MS
    for start in range(0, LOW, 100):
        pool.engine.enqueue(
            [
                NewJob(id=job_id, priority="low", user="many", payload=payload)
                for job_id in low[start : start + 100]
            ]
        )
    pool.start_ready("--processes", "2", workers=2)
    pool.running(low[1])
    highs = []
    for _ in range(HIGH):
        highs.append(pool.ended(pool.put("high", sleep_ms=1)))
        pool.ended(low[low_started(pool, low)])  # a few low ones in between, as a sparse premium user leaves
    others = [
        job for job in (pool.look(job_id) for job_id in low[: low_started(pool, low) + 4]) if job.started_ms
    ]
    for high in highs:
        assert high.state is JobState.DONE
        before = [job for job in others if job.started_ms <= high.enqueued_ms]
        running = [job for job in before if not job.finished_ms or job.finished_ms > high.enqueued_ms]
        first_end = min(job.finished_ms for job in running if job.finished_ms)
        assert high.started_ms <= first_end, "a child got free and did not take it"
        overtaken = [job for job in others if high.enqueued_ms < job.started_ms < high.started_ms]
        assert overtaken == []
    assert pool.engine.stats().priorities["low"].queued > LOW // 2


def low_started(pool, low):
    """Give the place of the first low job that has not been started; they start in order."""
    first, last = 0, len(low)
    while first < last:
        middle = (first + last) // 2
        if pool.look(low[middle]).started_ms:
            first = middle + 1
        else:
            last = middle
    return first
