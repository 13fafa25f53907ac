"""The machine that drives a queue and its model: what it knows, and what must hold after each step."""

import itertools
import json
from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant
from queue_machine.books import Books, read_books
from queue_machine.model import Model, ModelJob
from redis import Redis

from judgeline.queues.engine import Ending, Finish
from judgeline.queues.job import Claim, Job, JobState
from judgeline.queues.keys import Keys
from judgeline.queues.lists import ListsConsumer, ListsEngine
from judgeline.queues.lists.audit import Auditor
from judgeline.queues.options import PriorityOptions, QueueOptions
from judgeline.queues.states import Verb, listed

NUMBERS = itertools.count()
HOUR_MS = 3_600_000
"""Long enough that nothing becomes due but by the machine's will."""


class Server:
    """A server the machine may kill. ``connect`` gives a client of it."""

    def __init__(self, connect: Callable[[], Redis], restart: Callable[[], None]) -> None:
        self.connect = connect
        self.restart = restart


class Machine(RuleBasedStateMachine):
    """Knows the queue, its model and its books; has no rules yet."""

    def __init__(self, server: Server, check_leaks: Callable[..., None]) -> None:
        super().__init__()
        self.server = server
        self.check_leaks = check_leaks
        self.claims: list[Claim] = []
        self.names: list[str] = []
        self.pages: list[list[Job]] = []
        """Ended jobs, as recorders have read them."""
        self.pushed: list[tuple[str, str]] = []
        """(element, priority): pushed by hand, not yet seen to be gone."""
        self.verbs: tuple[Verb, ...] = ()
        """Who may change states in this step."""

    @initialize(
        fair=st.sampled_from(["user", "off"]),
        store=st.booleans(),
        bounds=st.sampled_from([3, 100]),
        max_dead=st.sampled_from([1, 2, 100]),
        cap=st.sampled_from([0, 1, 2]),
    )
    def open(self, fair, store, bounds, max_dead, cap):
        self.client = self.server.connect()
        self.client.flushall()
        self.options = QueueOptions(
            handler="noop",
            fair=fair,
            store=store,
            max_queued=2 * bounds,
            max_queued_per_user=bounds,
            max_dead=max_dead,
            max_running_per_user=cap if fair == "user" else 0,
            max_attempts=2,
            max_crashes=3,
            crash_backoff_s=[3600],
            priorities={"high": PriorityOptions(weight=3), "low": PriorityOptions(weight=2)},
        )
        self.name = f"machine-{next(NUMBERS)}"
        self.keys = Keys(self.name)
        self.engine = ListsEngine(self.client, self.name, self.options)
        self.consumer = ListsConsumer(self.client, self.client, self.name, self.options, chance=lambda: 0.5)
        self.auditor = Auditor(self.client, self.name, self.options, between_s=0)
        self.model = Model(self.options)
        self.books = self.read()

    def read(self) -> Books:
        return read_books(self.client, self.name, self.options)

    @staticmethod
    def twice(again: bool, call: Callable[[], Any]) -> Any:  # noqa: FBT001 - it is drawn
        """Do a thing; and once more, as after a lost reply: the answer must be the same."""
        answer = call()
        if again:
            assert call() == answer
        return answer

    @staticmethod
    def some(data: st.DataObject, things: Any) -> Any:
        """Give one of them, None where there is none."""
        things = list(things)
        return data.draw(st.sampled_from(things)) if things else None

    # -- what the claims did --------------------------------------------------------------------------------

    def begin(self, worker: str, *, cancelled: bool = False) -> Claim | None:
        """Let a new worker claim its first job."""
        self.verbs = (Verb.CLAIM,)
        foretold = self.foretell(worker, 1, None)
        claim = self.consumer.claim(worker, 1)
        self.note_claim(claim, foretold, worker)
        self.look()
        if claim and cancelled:
            self.ask_to_cancel(claim)
        return claim

    def ask_to_cancel(self, claim: Claim) -> None:
        self.verbs = (Verb.CANCEL,)
        assert self.engine.cancel(claim.id) == self.model.cancel(self.model.jobs[claim.id])
        self.look()

    def end(self, claim: Claim, kind: Finish, number: int | None) -> Claim | None:
        """End an attempt, which may be long over; give the next claim, if there is a number for it."""
        self.verbs = (Verb.FINISH,) if number is None else (Verb.FINISH, Verb.CLAIM)
        must = self.model.finish(claim.id, (claim.worker, claim.attempt), kind)
        foretold = None if number is None else self.foretell(claim.worker, number, None)
        ending = Ending(kind=kind, result=b"1", reason="why", delay_ms=HOUR_MS)
        accepted, following = self.consumer.finish(claim, ending, next_sequence=number)
        assert accepted == must
        self.note_claim(following, foretold, claim.worker)
        self.follow_letters(self.read())
        self.look()
        return following

    def foretell(self, worker: str, sequence: int, only: str | None) -> set[str] | None:
        """Give which ids this claim may give, None for no limit but that it must give nothing."""
        if self.model.refuses(worker, sequence):
            return None
        self.model.number(worker, sequence)
        held = self.model.held_by(worker)
        return {held.id} if held else self.model.claimable(only)

    def note_claim(self, claim: Claim | None, foretold: set[str] | None, worker: str) -> None:
        """Hold what a claim gave against what it may give, and follow what it did."""
        if foretold is None:
            assert claim is None
            return
        adopted = self.follow_elements()
        if claim is None:
            assert not foretold
            assert not adopted
            return
        job = self.model.jobs[claim.id]
        assert claim.id in foretold or claim.id in adopted
        if job.state is not JobState.RUNNING:
            self.model.start(job, worker)
        assert (claim.attempt, claim.crashes, claim.failures) == (job.attempt, job.crashes, job.failures)
        assert (claim.payload, claim.checkpoint, claim.user) == (job.payload, job.checkpoint, job.user)
        self.claims.append(claim)

    def follow_elements(self) -> set[str]:
        """See which elements pushed by hand a claim took off their list; give the ids of those adopted."""
        books = self.read()
        adopted = set()
        fresh = [job_id for job_id in books.jobs if job_id not in self.model.jobs]
        for element, priority in list(self.pushed):
            if priority in books.places.get(element, ()):
                continue
            self.pushed.remove((element, priority))
            if element.startswith("garbage"):
                job_id = self.letter_of(element, fresh)
                self.model.set_aside(job_id, priority)
                self.model.jobs[job_id].payload = element.encode()
            elif element.startswith("{"):
                payload = json.dumps(json.loads(element)["payload"]).encode()
                [job_id] = [
                    one for one in fresh if self.client.hget(self.keys.job(one), "payload") == payload
                ]
                self.model.adopt(job_id, priority, payload)
                adopted.add(job_id)
        assert len(adopted) <= 1
        self.follow_letters(books)
        return adopted

    def letter_of(self, element: str, fresh: list[str]) -> str:
        """Give the id of the dead letter that an element became; past ``max_dead`` it may be gone at once."""
        payloads = {job_id: self.client.hget(self.keys.job(job_id), "payload") for job_id in fresh}
        unknown = [job_id for job_id in fresh if job_id not in self.model.jobs]
        for wanted in (element.encode(), None):  # whole; or without its payload, its end not yet recorded
            for job_id in unknown:
                if payloads[job_id] == wanted:
                    return job_id
        return f"gone-{element}"

    def follow_letters(self, books: Any) -> None:
        """Past ``max_dead`` the oldest letters go; which of those that died in one millisecond, is open."""
        letters = self.model.letters()
        gone = [job_id for job_id in letters if "dead" not in books.places.get(job_id, ())]
        assert len(gone) == max(0, len(letters) - self.options.max_dead)
        for job_id in gone:
            self.model.drop_letter(self.model.jobs[job_id])

    # -- what must hold after each -------------------------------------------------------------------------

    def look(self) -> None:
        """Look in the midst of a step."""
        self.the_keys_agree()
        self.the_model_foretold_it()

    @invariant()
    def the_keys_agree(self):
        if not hasattr(self, "model"):
            return
        before, self.books = self.books, self.read()
        assert self.books.faults(self.pushed) == []
        for job_id in before.jobs.keys() | self.books.jobs.keys():
            change = before.state(job_id), self.books.state(job_id)
            assert any(listed(change[0], verb, change[1]) for verb in self.verbs) or change[0] is change[1], (
                self.verbs,
                change,
            )

    @invariant()
    def the_model_foretold_it(self):
        if not hasattr(self, "model"):
            return
        assert {job_id: self.seen(job_id) for job_id in self.books.jobs} == {
            job.id: self.foretold(job) for job in self.model.jobs.values()
        }
        assert self.books.leases == set(self.model.workers)
        assert all(ends == 1 for ends in self.model.ends.values())
        told = {name: int(value) for name, value in self.books.hashes.get("totals", {}).items()}
        for name in (
            "done",
            "dead",
            "cancelled",
            "retried",
            "released",
            "requeued",
            "crashed",
            "lost",
            "refused",
        ):
            assert told.get(name, 0) == self.model.totals[name], name
        assert told.get("enqueued", 0) == self.model.totals["enqueued"]
        assert told.get("adopted", 0) == self.model.totals["adopted"]

    def seen(self, job_id: str) -> tuple[Any, ...]:
        job = self.books.jobs[job_id]
        counters = [int(job.get(name, "0")) for name in ("attempt", "failures", "crashes", "lost")]
        letter = "dead" in self.books.places.get(job_id, ())
        return job["state"], counters, "cancelling" in job, letter, job_id in self.books.unrecorded

    @staticmethod
    def foretold(job: ModelJob) -> tuple[Any, ...]:
        counters = [job.attempt, job.failures, job.crashes, job.lost]
        return job.state.value, counters, job.cancelling, job.letter, job.unrecorded

    def teardown(self):
        """End everything: what is left must be what an idle queue keeps."""
        if hasattr(self, "model"):
            self.check_leaks(self.client, self.engine, self.consumer)
            self.client.close()
