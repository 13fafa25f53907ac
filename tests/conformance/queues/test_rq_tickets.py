"""What becomes of a ticket at RQ, seen a step at a time: it is on one place, and follows who has its job."""

import pytest
from rq.job import JobStatus
from rq.serializers import JSONSerializer
from rq.worker import Worker

from judgeline.queues.engine import Ending, Finish
from judgeline.queues.job import JobState
from judgeline.queues.rq.tickets import Ticket

pytestmark = pytest.mark.parametrize("make_rig", ["rq"], indirect=True)


def ticket(rig, job_id="a"):
    return Ticket.fetch(job_id, connection=rig.client, serializer=JSONSerializer)


@pytest.mark.parametrize("kind", [Finish.DONE, Finish.RETRY, Finish.DEAD, Finish.RELEASE])
def test_a_zombies_end_leaves_the_ticket_to_the_one_that_has_it_now(rig, kind):
    rig.put("a")
    zombie = rig.take("w", 1)
    rig.lapse("w")
    rig.consumer.tick()
    second = rig.take("v", 1)
    rig.end(zombie, kind)
    assert rig.client.lrange("rq:queue:queue-0-low", 0, -1) == []
    assert ticket(rig).get_status() is JobStatus.STARTED
    rig.lapse("v")  # whatever was made of the ticket, maintenance still looks for it
    assert rig.consumer.tick().reaped == 1
    rig.make_due("a")  # lost twice: it waits
    rig.consumer.tick()
    assert rig.take("u", 1).attempt == second.attempt + 1


def test_a_zombies_death_leaves_the_ticket_to_the_one_that_has_it_now(rig):
    rig.put("a")
    rig.take("w", 1)
    rig.lapse("w")
    rig.consumer.tick()
    rig.take("v", 1)
    rig.consumer.crashed("w", b"{}")
    assert rig.engine.look("a").crashes == 0
    assert rig.client.lrange("rq:queue:queue-0-low", 0, -1) == []
    assert ticket(rig).get_status() is JobStatus.STARTED


def test_a_ticket_of_a_worker_that_died_before_it_began_comes_again_unblamed(rig):
    rig.put("a")
    worker = rig.consumer._born("w", "low")
    job, queue = worker.dequeue_job_and_maintain_ttl(None)
    execution = worker.prepare_execution(job)
    worker.handle_job_failure(job, queue, exc_string="it died", execution=execution)
    rig.make_due("a")
    rig.consumer.tick()
    claim = rig.take("v", 1)
    assert (claim.attempt, claim.crashes) == (1, 0)
    rig.end(claim)
    # RQ keeps a note of the first time it was taken, and looks at that a minute after it first saw it.
    intermediate = "rq:queue:queue-0-low:intermediate"
    rig.client.set(f"{intermediate}:first_seen:a", 1, ex=60)
    rig.consumer.tick()
    assert not rig.client.exists(intermediate)
    assert ticket(rig).get_status() is JobStatus.FINISHED


def test_a_horse_that_dies_after_its_end_was_written_changes_nothing_of_it(rig):
    rig.put("a")
    claim = rig.take("w", 1)
    later = Ending(kind=Finish.RETRY, reason="later", delay_ms=3_600_000)
    assert rig.consumer._keeper.finish(claim, later) == (True, None)
    rig.consumer.crashed("w", b"{}")
    job = rig.engine.look("a")
    assert (job.state, job.failures, job.crashes) == (JobState.DELAYED, 1, 0)
    due_s = rig.client.zscore("rq:scheduled:queue-0-low", "a")
    assert abs(due_s - job.due_ms / 1000) < 5


def test_a_retry_is_scheduled_in_one_step_or_not_at_all(rig):
    rig.put("a")
    rig.take("w", 1)
    [queue] = rig.consumer.workers["w"].queues
    with rig.client.pipeline() as pipeline:
        held = ticket(rig)
        held.retries_left, held.retry_intervals = 1, [60]
        held.retry(queue, pipeline)
        assert ticket(rig).get_status() is JobStatus.STARTED  # what maintenance looks for
        pipeline.execute()
    assert ticket(rig).get_status() is JobStatus.SCHEDULED


def test_a_cancelled_ticket_is_gone(rig):
    rig.put("a")
    rig.put("b", delay_ms=60_000)
    for job_id in "ab":
        rig.engine.cancel(job_id)
        assert not rig.client.exists(f"rq:job:{job_id}")
    assert list(rig.client.scan_iter("rq:canceled:*")) == []


def test_a_stop_that_came_too_late_is_not_held_against_the_next_attempt(rig, monkeypatch):
    rig.put("a")
    worker = rig.consumer._born("w", "low")
    worker._stopped_job_id = "a"
    seen = []
    monkeypatch.setattr(Worker, "execute_job", lambda self, *_: seen.append(self._stopped_job_id))
    worker.execute_job(*worker.dequeue_job_and_maintain_ttl(None))
    assert seen == [None]
    rig.client.lmove("rq:queue:queue-0-low:intermediate", "rq:queue:queue-0-low")


def test_a_pause_that_comes_while_a_worker_takes_puts_the_ticket_back_in_its_place(rig, monkeypatch):
    for job_id in "ab":
        rig.put(job_id)
    worker = rig.consumer._born("w", "low")
    take = Worker.dequeue_job_and_maintain_ttl

    def paused_meanwhile(self, *arguments):
        taken = take(self, *arguments)
        rig.engine.pause()
        return taken

    monkeypatch.setattr(Worker, "dequeue_job_and_maintain_ttl", paused_meanwhile)
    assert worker.take() is None
    assert rig.client.lrange("rq:queue:queue-0-low", 0, -1) == [b"a", b"b"]
    assert not rig.client.exists("rq:queue:queue-0-low:intermediate")
