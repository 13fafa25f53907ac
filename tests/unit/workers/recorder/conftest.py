from contextlib import closing

import msgspec
import pytest

from judgeline.ids import new_id
from judgeline.queues.errors import JobTooLarge, QueueFull
from judgeline.queues.job import Enqueued, Job, JobState
from judgeline.queues.options import QueueOptions
from judgeline.store import NewJobRow, jobs, open_store
from judgeline.store.migrate import migrate


class ScriptedEngine:
    """The part of an engine that a recorder uses, and a log of what it was asked."""

    def __init__(self, name="submissions", **options):
        self.name = name
        self.options = QueueOptions(handler="judge", **options)
        self.jobs = {}
        self.open = []
        self.epoch = True
        self.enqueued = []
        self.settled = []
        self.trouble = None
        self.too_large = 1_000_000

    def enqueue(self, new):
        self._maybe_fail()
        assert len(new) <= 100
        answers = []
        for job in new:
            assert job.priority in self.options.priorities
            known = self.jobs.get(job.id)
            if known is None:
                waiting = [it for it in self.jobs.values() if it.priority == job.priority]
                if len(job.payload) > self.too_large:
                    raise JobTooLarge(f"{job.id} is too large")
                if sum(it.user == job.user for it in waiting) >= self.options.max_queued_per_user:
                    raise QueueFull(self.name, "max_queued_per_user", 1)
                if len(waiting) >= self.options.max_queued:
                    raise QueueFull(self.name, "max_queued", 1)
                self.jobs[job.id] = Job(
                    id=job.id,
                    state=JobState.QUEUED,
                    priority=job.priority,
                    user=job.user,
                    attempt=job.attempts,
                    payload=job.payload,
                )
                self.enqueued.append(job.id)
            answers.append(Enqueued(id=job.id, new=known is None, state=JobState.QUEUED))
        return answers

    def exists(self, job_ids):
        self._maybe_fail()
        assert len(job_ids) <= 1_000
        return [self.jobs[job_id].state if job_id in self.jobs else None for job_id in job_ids]

    def look(self, job_id):
        self._maybe_fail()
        return self.jobs.get(job_id)

    def unrecorded(self, limit=100):
        self._maybe_fail()
        return [self.jobs[job_id] for job_id in self.open[:limit]]

    def settle(self, ended):
        self._maybe_fail()
        job_ids = [job.id for job in ended]
        self.settled += job_ids
        self.open = [job_id for job_id in self.open if job_id not in set(job_ids)]

    def mark_epoch(self):
        self._maybe_fail()
        missing, self.epoch = not self.epoch, True
        return missing

    def end(self, job_id, **fields):
        """End a job, as its worker would."""
        ending = {"state": JobState.DONE, "attempt": 1, "result": b'{"verdict":"accepted"}', "finished_ms": 5}
        known = self.jobs.get(job_id) or Job(id=job_id, state=JobState.QUEUED, priority="low")
        self.jobs[job_id] = msgspec.structs.replace(known, **ending | fields)
        self.open.append(job_id)

    def empty(self):
        """Lose everything, as Redis would by FLUSHALL."""
        self.jobs, self.open, self.epoch = {}, [], False

    def _maybe_fail(self):
        if self.trouble is not None:
            raise self.trouble


@pytest.fixture
def engine():
    return ScriptedEngine()


@pytest.fixture
def make_engine():
    return ScriptedEngine


@pytest.fixture
def url(tmp_path):
    return f"sqlite:///{tmp_path / 'store.db'}"


@pytest.fixture
def store(url):
    migrate(url)
    with closing(open_store(url, patience_s=0.05)) as opened:
        yield opened


@pytest.fixture
def accept(store):
    """Give a function that accepts a submission and gives its id."""

    def accept(**fields):
        defaults = {
            "id": new_id(),
            "queue": "submissions",
            "kind": "submission",
            "owner": "ada",
            "user": "ada",
            "priority": "low",
            "payload": b"{}",
            "digest": "d",
        }
        with store.writer() as connection:
            return jobs.accept(connection, NewJobRow(**defaults | fields)).id

    return accept


@pytest.fixture
def get(store):
    """Give a function that reads a row."""

    def get(job_id):
        with store.reader() as connection:
            return jobs.get(connection, job_id)

    return get
