"""A pause on RQ: the workers of a priority take no tickets."""

from judgeline.queues.job import JobState

from .mails import until


def test_a_paused_priority_is_not_worked_and_the_other_one_is(make_queue):
    queue = make_queue(working=True)
    queue.ended(queue.put())  # from here on its worker waits in BLMOVE, and takes what comes next
    queue.engine.pause("high")
    held, free = queue.put(), queue.put(priority="low")
    assert queue.ended(free).state is JobState.DONE
    until(lambda: queue.client.lrange("rq:queue:mails-high", 0, -1) == [held.encode()])
    until(lambda: not queue.client.exists("rq:queue:mails-high:intermediate"))
    assert queue.look(held).state is JobState.QUEUED
    assert queue.engine.stats().priorities["high"].paused
    queue.engine.resume()
    job = queue.ended(held)
    assert (job.state, job.attempt, job.crashes) == (JobState.DONE, 1, 0)
