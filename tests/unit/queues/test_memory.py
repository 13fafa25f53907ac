"""What the in-process engine has beside the interface: its clock, its listener."""

from judgeline.queues.engine import Ending, Finish
from judgeline.queues.job import Event, JobState, NewJob
from judgeline.queues.memory import MemoryEngine
from judgeline.queues.options import QueueOptions


def test_ended_jobs_and_dead_letters_go_with_time():
    now = [1_000_000]
    queue = MemoryEngine("t", QueueOptions(handler="noop", store=False), now_ms=lambda: now[0])
    queue.enqueue([NewJob(id=name, priority="low", payload=b"") for name in ("a", "b")])
    queue.finish(queue.claim("w", 1), Ending(kind=Finish.DONE))
    queue.finish(queue.claim("w", 2), Ending(kind=Finish.DEAD))
    now[0] += 3_600_000
    queue.tick()
    assert queue.exists(["a", "b"]) == [None, JobState.DEAD]
    now[0] += 604_800_000
    queue.tick()
    assert queue.exists(["a", "b"]) == [None, None]
    assert not queue._ledger.jobs


def test_its_listener_hears_what_happens():
    heard = []
    queue = MemoryEngine(
        "t", QueueOptions(handler="noop"), listener=lambda job_id, event: heard.append((job_id, event))
    )
    queue.enqueue([NewJob(id="a", priority="low", payload=b"")])
    claim = queue.claim("w", 1)
    queue.progress(claim, b'{"test":1}')
    queue.finish(claim, Ending(kind=Finish.DONE))
    states = [(job_id, event.state) for job_id, event in heard]
    assert states == [("a", JobState.RUNNING), ("a", JobState.RUNNING), ("a", JobState.DONE)]
    assert heard[1][1] == Event(state=JobState.RUNNING, attempt=1, progress=heard[1][1].progress)
    assert bytes(heard[1][1].progress) == b'{"test":1}'
