"""Whatever is done to a queue: each id is in exactly one place, and nothing forbidden happens.

A state machine drives the engine on Redis, on fakeredis and on the real server, against a small model. After
every step all raw keys are read: the places of each id, the counters, the states as the model foretold them,
and every change of state as the table of ``judgeline/queues/states.py`` allows it to the verb.
JUDGELINE_EXAMPLES=2000 makes it long.
"""

import json
import os
from collections.abc import Callable

import fakeredis
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule, run_state_machine_as_test
from queue_machine.machine import HOUR_MS, NUMBERS, Machine, Server
from queue_machine.model import ModelJob

from judgeline.queues.connect import command_client
from judgeline.queues.engine import Finish
from judgeline.queues.errors import JobConflict, QueueFull, UnknownJob
from judgeline.queues.job import JobState, NewJob
from judgeline.queues.states import Verb

EXAMPLES = int(os.environ.get("JUDGELINE_EXAMPLES", "30"))
STEPS = 50
PRIORITIES = st.sampled_from(["high", "low"])
PARTS = st.one_of(st.none(), PRIORITIES)


class QueueMachine(Machine):
    """Does things to a queue and to its model."""

    # -- what clients do -----------------------------------------------------------------------------------

    @rule(
        priority=PRIORITIES,
        user=st.sampled_from(["", "ann", "bob"]),
        count=st.integers(1, 3),
        delayed=st.sampled_from([False, False, True]),
        again=st.booleans(),
    )
    def enqueue(self, priority, user, count, delayed, again):
        self.verbs = (Verb.ENQUEUE,)
        for _ in range(count):
            job_id = f"j{next(NUMBERS)}"
            new = NewJob(
                id=job_id,
                priority=priority,
                user=user,
                payload=b"payload of " + job_id.encode(),
                delay_ms=HOUR_MS if delayed else 0,
            )
            elements = [one for one in self.pushed if one[1] == priority]
            bound = self.model.bound_passed(priority, user, len(new.payload), len(elements))
            if bound:
                with pytest.raises(QueueFull) as full:
                    self.engine.enqueue([new])
                assert full.value.bound == bound
                return
            state = JobState.DELAYED if delayed else JobState.QUEUED
            [put] = self.engine.enqueue([new])
            assert (put.new, put.state) == (True, state)
            if again:
                [put] = self.engine.enqueue([new])
                assert (put.new, put.state) == (False, state)
            self.model.add(ModelJob(job_id, priority, user, new.payload, state=state, fresh=delayed))

    @rule(data=st.data(), same=st.booleans())
    def enqueue_a_known_id(self, data, same):
        self.verbs = ()
        job = self.some(data, [job for job in self.model.jobs.values() if not job.by_hand])
        if job is None:
            return
        payload = b"payload of " + job.id.encode() if same else b"other"
        new = NewJob(id=job.id, priority="low", payload=payload)
        if same:
            [put] = self.engine.enqueue([new])
            assert (put.new, put.state) == (False, job.state)
        else:
            with pytest.raises(JobConflict):
                self.engine.enqueue([new])

    @rule(
        kind=st.sampled_from(["garbage", "anonymous", "named", "over"]), priority=PRIORITIES, data=st.data()
    )
    def push_by_hand(self, kind, priority, data):
        self.verbs = ()
        number = next(NUMBERS)
        payload = {"n": number}
        if kind == "garbage":
            element = f"garbage {number}"
        elif kind == "anonymous":
            element = json.dumps({"payload": payload})
        elif kind == "named":
            element = json.dumps({"payload": payload, "id": f"h{number}"})
        else:
            over = self.model.in_state(JobState.DONE, JobState.CANCELLED)
            job = self.some(data, over)
            if job is None:
                return
            element = job.id
        self.client.lpush(self.keys.waiting(priority), element)
        self.pushed.append((element, priority))

    @rule(data=st.data(), again=st.booleans())
    def cancel(self, data, again):
        self.verbs = (Verb.CANCEL,)
        if job := self.some(data, self.model.jobs.values()):
            answer = self.twice(again, lambda: self.engine.cancel(job.id))
            assert answer == self.model.cancel(job)

    # -- what workers do -----------------------------------------------------------------------------------

    def worker(self, data: st.DataObject, fresh: bool) -> str:  # noqa: FBT001 - it is drawn
        if fresh or not self.names:
            self.names.append(f"w{next(NUMBERS)}")
            return self.names[-1]
        return data.draw(st.sampled_from(self.names[-6:]))

    def next_number(self, worker: str) -> int:
        last = self.model.workers.get(worker)
        return 1 if last is None else last + 1

    @rule(
        data=st.data(),
        fresh=st.booleans(),
        step=st.sampled_from([0, 0, 0, 0, -1, -2]),
        only=PARTS,
        again=st.booleans(),
    )
    def claim(self, data, fresh, step, only, again):
        """A step of -1 is a reply that was lost, of -2 a command that was abandoned and runs all the same."""
        self.verbs = (Verb.CLAIM,)
        worker = self.worker(data, fresh)
        sequence = max(0, self.next_number(worker) + step)
        foretold = self.foretell(worker, sequence, only)
        claim = self.twice(again, lambda: self.consumer.claim(worker, sequence, only=only))
        self.note_claim(claim, foretold, worker)

    @precondition(lambda self: self.claims)
    @rule(data=st.data(), kind=st.sampled_from(Finish), more=st.booleans(), again=st.booleans())
    def finish(self, data, kind, more, again):
        """Often by a zombie: the claim may be of an attempt that is long over."""
        claim = self.some(data, self.claims[-6:])
        number = self.next_number(claim.worker) if more else None
        for _ in range(1 + again):
            self.end(claim, kind, number)

    @rule(
        count=st.integers(1, 5),
        kind=st.sampled_from([Finish.DONE, Finish.DONE, Finish.DEAD, Finish.RELEASE, Finish.CANCELLED]),
        cancelled=st.booleans(),
    )
    def work(self, count, kind, cancelled):
        """As a child does: each finish brings the next job."""
        claim = self.begin(worker := f"w{next(NUMBERS)}")
        for number in range(2, count + 2):
            if claim is None:
                return
            if cancelled:
                self.ask_to_cancel(claim)
            claim = self.end(claim, kind, number)
            assert claim is None or claim.worker == worker

    @precondition(lambda self: self.claims)
    @rule(data=st.data(), checkpoint=st.booleans())
    def keep(self, data, checkpoint):
        self.verbs = ()
        claim = self.some(data, self.claims[-6:])
        job = self.model.jobs.get(claim.id)
        ours = (
            job is not None and job.state is JobState.RUNNING and job.token == (claim.worker, claim.attempt)
        )
        note = str(next(NUMBERS)).encode()
        kept = self.consumer.checkpoint(claim, note) if checkpoint else self.consumer.progress(claim, note)
        assert kept == (ours and not job.cancelling)
        if ours and checkpoint:
            job.checkpoint = note

    @precondition(lambda self: self.names)
    @rule(data=st.data(), again=st.booleans())
    def renew(self, data, again):
        self.verbs = ()
        workers = data.draw(st.lists(st.sampled_from(self.names[-6:]), unique=True))
        for _ in range(1 + again):
            for told in self.consumer.renew(workers):
                held = self.model.held_by(told.worker)
                assert told.known == (told.worker in self.model.workers)
                assert told.held == ([held.id] if held else [])
                assert told.cancelling == ([held.id] if held and held.cancelling else [])
                self.model.workers.setdefault(told.worker)

    @precondition(lambda self: self.model.workers)
    @rule(data=st.data())
    def leave(self, data):
        self.verbs = ()
        worker = self.some(data, self.model.workers)
        self.consumer.leave(worker)
        if self.model.held_by(worker) is None:
            del self.model.workers[worker]

    @rule(
        how=st.sampled_from(["retry", "crash", "lapse"]),
        times=st.sampled_from([2, 3, 12]),
        cancelled=st.sampled_from([False, False, False, True]),
    )
    def fail_again_and_again(self, how, times, cancelled):
        """What chance alone rarely does to one job; each part is looked at as if it were a step."""
        for _ in range(times):
            claim = self.begin(worker := f"w{next(NUMBERS)}", cancelled=cancelled)
            if claim is None:
                return
            if how == "retry":
                self.end(claim, Finish.RETRY, None)
            elif how == "crash":
                self.verbs = (Verb.CRASHED,)
                assert self.consumer.crashed(worker, b"{}") == self.model.crash(worker, blame=True)
                self.follow_letters(self.read())
            else:
                self.tick_with([worker], [])
            self.look()
            self.tick_with([], [job.id for job in self.model.in_state(JobState.DELAYED)])
            self.look()

    # -- what supervisors and operators do -----------------------------------------------------------------

    @precondition(lambda self: self.model.workers)
    @rule(data=st.data(), blame=st.booleans(), again=st.booleans())
    def crash(self, data, blame, again):
        self.verbs = (Verb.CRASHED,)
        worker = self.some(data, self.model.workers)
        assert self.consumer.crashed(worker, b"{}", blame=blame) == self.model.crash(worker, blame=blame)
        if again:
            assert self.consumer.crashed(worker, b"{}", blame=blame) == []
        self.follow_letters(self.read())

    @rule(many=st.booleans(), due=st.booleans(), again=st.booleans())
    def tick(self, many, due, again):
        """Time passes: leases lapse, delays are over."""
        lapsed = list(self.model.workers)[: None if many else 1]
        delayed = [job.id for job in self.model.in_state(JobState.DELAYED)][: None if many else 1]
        self.tick_with(lapsed, delayed if due else [], again=again)

    def tick_with(self, lapsed, delayed, *, again=False):
        """Tick, when these workers' leases and these jobs' delays are over."""
        self.verbs = (Verb.TICK,)
        for worker in lapsed:
            self.client.zadd(self.keys.named("workers"), {worker: 1})
        for job_id in delayed:
            self.client.zadd(self.keys.named("delayed"), {job_id: 1})
        ticked = self.consumer.tick()
        if again:
            self.consumer.tick()
        taken = [job for worker in lapsed if (job := self.model.lapse(worker))]
        assert ticked.reaped == len(taken)
        assert ticked.dead == sum(job.state is JobState.DEAD for job in taken)
        assert ticked.promoted == len(delayed)
        for job_id in delayed:
            self.model.jobs[job_id].state, self.model.jobs[job_id].fresh = JobState.QUEUED, False
        self.follow_letters(self.read())

    @precondition(lambda self: self.model.letters())
    @rule(data=st.data())
    def age_a_letter(self, data):
        self.verbs = (Verb.TICK,)
        job_id = self.some(data, self.model.letters())
        self.client.zadd(self.keys.named("dead"), {job_id: 1})
        self.consumer.tick()
        self.model.drop_letter(self.model.jobs[job_id])

    @precondition(lambda self: self.model.jobs)
    @rule(data=st.data(), again=st.booleans(), undone=st.booleans())
    def requeue(self, data, again, undone):
        """``undone``: it ends anew before a slow recorder says that it has the first end."""
        self.verbs = (Verb.REQUEUE,)
        job = self.some(data, self.model.in_state(JobState.DEAD) or self.model.jobs.values())
        if not self.model.requeue(job):
            with pytest.raises(UnknownJob):
                self.engine.requeue(job.id)
            return
        first_end = self.engine.look(job.id)
        self.twice(again, lambda: self.engine.requeue(job.id))
        self.look()
        if undone and job.state is JobState.QUEUED:
            self.verbs = (Verb.CANCEL,)
            assert self.engine.cancel(job.id) is self.model.cancel(job)
            self.engine.settle([first_end])

    @precondition(lambda self: self.model.jobs)
    @rule(data=st.data())
    def forget(self, data):
        self.verbs = (Verb.FORGET,)
        job = self.some(data, self.model.in_state(JobState.DEAD) or self.model.jobs.values())
        if job.letter:
            self.engine.forget(job.id)
            self.model.drop_letter(job)
        with pytest.raises(UnknownJob):
            self.engine.forget(job.id)

    @rule(data=st.data(), count=st.integers(1, 4), again=st.booleans())
    def settle(self, data, count, again):
        """Of what is unrecorded now; or of what was once: a recorder that was slow, and repeats itself."""
        self.verbs = ()
        self.pages.append(self.engine.unrecorded(count))
        assert len(self.pages[-1]) == min(count, len(self.model.unrecorded()))
        page = data.draw(st.sampled_from(self.pages[-4:]))
        for _ in range(1 + again):
            self.engine.settle(page)
        for job in page:
            known = self.model.jobs.get(job.id)
            if known and (known.state, known.attempt) == (job.state, job.attempt):
                self.model.settle(known)

    @rule(data=st.data())
    def expire(self, data):
        """The server takes away what has a time to live."""
        self.verbs = (Verb.EXPIRE,)
        if job_id := self.some(data, sorted(self.books.expiring)):
            self.client.delete(self.keys.job(job_id))
            del self.model.jobs[job_id]
            # an element by hand that names it would now be no job's id, and so a dead letter
            for element, priority in [one for one in self.pushed if one[0] == job_id]:
                self.client.lrem(self.keys.waiting(priority), 1, element)
                self.pushed.remove((element, priority))

    @rule(verb=st.sampled_from(["pause", "resume", "resume"]), priority=PARTS)
    def pause_or_resume(self, verb, priority):
        self.verbs = ()
        getattr(self.engine, verb)(priority)
        names = {priority} if priority else {"high", "low"}
        self.model.paused = self.model.paused | names if verb == "pause" else self.model.paused - names

    @precondition(lambda self: not self.pushed)
    @rule()
    def audit(self):
        """What ``doctor`` looks for is not there, and looking changes nothing."""
        self.verbs = ()
        before = self.read()
        assert self.auditor.look().faults == []
        assert self.read() == before

    @precondition(lambda self: not self.pushed and self.model.in_state(JobState.QUEUED, JobState.RUNNING))
    @rule(data=st.data())
    def take_an_id_away_and_repair(self, data):
        """Somebody's LREM by hand: what ``doctor --repair`` is for."""
        self.verbs = (Verb.REPAIR,)
        job = self.some(data, self.model.in_state(JobState.QUEUED, JobState.RUNNING))
        [place] = self.books.places[job.id]
        assert self.client.lrem(self.keys.named(place), 1, job.id) == 1
        audit = self.auditor.mend()
        assert audit.faults
        assert self.auditor.look().faults == []
        if job.state is JobState.RUNNING:
            self.model.lose(job)
        self.follow_letters(self.read())

    @rule(now=st.sampled_from([True, False, False]))
    def restart(self, now):
        """kill -9 of the server; it comes back with all it acknowledged (fakeredis forgets its scripts)."""
        self.verbs = ()
        before = self.read()
        if now:
            self.server.restart()
        assert self.read() == before


def run(server: Server, check_leaks: Callable[..., None]) -> None:
    run_state_machine_as_test(
        lambda: QueueMachine(server, check_leaks),
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_on_fakeredis(check_leaks):
    server = fakeredis.FakeServer()
    forget_scripts = fakeredis.FakeRedis(server=server).script_flush
    run(Server(lambda: fakeredis.FakeRedis(server=server), forget_scripts), check_leaks)


def test_on_the_real_server_which_is_killed_now_and_then(durable_valkey, check_leaks):
    run(Server(lambda: command_client(durable_valkey.url), durable_valkey.restart), check_leaks)
