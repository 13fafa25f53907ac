"""What a work horse does with the ticket it got: one attempt of one job."""

import math
import random
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from types import FrameType
from typing import TypeVar

import msgspec
from redis import Redis
from rq.job import Retry as RqRetry
from rq.timeouts import BaseTimeoutException

from judgeline.payloads import PayloadError
from judgeline.queues.engine import Ending, Finish
from judgeline.queues.errors import JobTooLarge, QueueError, QueueUnavailable
from judgeline.queues.handler import Cancelled, GiveUp, Handler, Retry, TimeUp
from judgeline.queues.job import Claim, JobState
from judgeline.queues.lists.consumer import ListsConsumer
from judgeline.queues.lists.engine import ListsEngine
from judgeline.queues.options import QueueOptions
from judgeline.queues.rq.deadline import Deadline
from judgeline.queues.rq.ledger import Ledger, Unbegun
from judgeline.queues.rq.tickets import Refused, Ticket, is_worked
from judgeline.queues.rules import retry_delay_ms

T = TypeVar("T")

_AGAIN_S = 0.2
_TRACE_BYTES = 8_192
_REASON_CHARACTERS = 500
_UNREADY_S = 5
_TWIN_S = 60
_RETRIES = 1_000_000
"""RQ counts retries, too; who decides is the queue's max_attempts."""


class Buried(QueueError):
    """The job is a dead letter: raised so that RQ files its ticket among the failed ones."""


@dataclass(frozen=True)
class Workplace:
    """What the workers of one queue share."""

    queue: str
    options: QueueOptions
    redis_url: str
    make_handler: Callable[[], Handler]
    unready: tuple[type[Exception], ...] = ()
    """What a handler raises that cannot work here now: the job goes back unspent."""
    chance: Callable[[], float] = random.random
    """Gives the jitter of retries, in [0, 1)."""


@dataclass(frozen=True)
class Books:
    """What an attempt needs of its queue. Not to be shared across a fork."""

    ledger: Ledger
    consumer: ListsConsumer
    engine: ListsEngine

    @classmethod
    def open(cls, place: Workplace, client: Redis) -> "Books":
        """Open them at a place."""
        return cls(
            Ledger(client, place.queue, place.options),
            ListsConsumer(client, client, place.queue, place.options),
            ListsEngine(client, place.queue, place.options),
        )


class Task:
    """Works one ticket; is made in the horse. ``worker`` is a name that no other attempt has.

    ``superseded`` is set when the attempt turns out not to be ours any more: then the ticket is not, either.
    """

    superseded = False

    def __init__(self, place: Workplace, worker: str, books: Books) -> None:
        self._place = place
        self._worker = worker
        self._books = books
        self._context: HorseContext | None = None
        self._leaving = False

    def give_back(self, _number: int = 0, _frame: FrameType | None = None) -> None:
        """End the attempt where that does no harm, and put the job back. A signal handler."""
        self._leaving = True
        if self._context is not None:
            self._context.interrupt()

    def __call__(self, ticket: Ticket) -> RqRetry | None:
        """Work the ticket's job; gives what RQ is to do with the ticket. Raises Buried, Refused."""
        try:
            handler = self._place.make_handler()
        except self._place.unready:
            return RqRetry(_RETRIES, _UNREADY_S)
        try:
            claim = self.begin(ticket)
            if isinstance(claim, Claim):
                return self.settle(claim, self._attempt(handler, claim))
        finally:
            handler.close()
        return self.not_begun(claim)

    @staticmethod
    def not_begun(found: Unbegun) -> RqRetry | None:
        """Give what RQ is to do with a ticket whose job could not be begun.

        Two tickets for one job, and the other one is being worked: this one looks again later. Any other job
        has ended: cancelled, or by an attempt that RQ had given up.
        """
        return RqRetry(_RETRIES, _TWIN_S) if found.state is JobState.RUNNING else None

    def begin(self, ticket: Ticket) -> Claim | Unbegun:
        """Start the attempt. Raises Refused for a ticket of no job."""
        claim = self._books.ledger.begin(ticket.id, self._worker)
        if (
            isinstance(claim, Unbegun)
            and claim.state is JobState.RUNNING
            and not is_worked(ticket, claim.worker)
        ):
            claim = self._books.ledger.begin(ticket.id, self._worker, take_from=claim.worker)
        if claim is None:
            raise Refused(f"queue {self._place.queue} knows no job {ticket.id}")
        return claim

    def _attempt(self, handler: Handler, claim: Claim) -> Ending | None:
        """Have the handler work; None when the attempt is not ours any more."""
        context = HorseContext(claim, self._books.consumer, self._place.options)
        self._context = context
        try:
            try:
                if self._leaving:
                    return Ending(kind=Finish.RELEASE)
                result = handler(claim, context)
            finally:
                self._context = None  # from here on nothing interrupts us
                context.close()
        except Cancelled:
            return self.ended_early(claim)
        except self._place.unready as error:
            return Ending(kind=Finish.RELEASE, reason=str(error) or "its handler cannot work here now")
        except (TimeUp, BaseTimeoutException) as error:
            return _timed_out(claim, context.limit_s, warned=isinstance(error, TimeUp))
        except Exception as error:  # noqa: BLE001 - a handler may fail in any way; each is an ending
            return _failed(claim, error)
        return Ending(kind=Finish.DONE, result=result)

    def ended_early(self, claim: Claim) -> Ending | None:
        """Say how an attempt ends that was broken off; None when it is not ours any more."""
        job = _patiently(lambda: self._books.engine.look(claim.id))
        if job is None or job.worker != self._worker or job.state is not JobState.RUNNING:
            return None
        if job.cancelling:
            return Ending(kind=Finish.CANCELLED, reason="cancelled while it ran")
        return Ending(kind=Finish.RELEASE)

    def settle(self, claim: Claim, ending: Ending | None) -> RqRetry | None:
        """End the attempt; give what RQ is to do with the ticket. Raises Buried."""
        if ending is None:
            self.superseded = True
            return None
        delay_ms = retry_delay_ms(claim, ending, self._place.options.backoff_s, self._place.chance())
        ending = msgspec.structs.replace(ending, delay_ms=delay_ms)
        if ending.kind is Finish.RELEASE:
            return self._release(claim, ending)
        try:
            accepted = self._finish(claim, ending)
        except JobTooLarge as error:
            accepted = self._finish(claim, Ending(kind=Finish.DEAD, reason=str(error)))
        if not accepted:
            self.superseded = True
            return None
        job = _patiently(lambda: self._books.engine.look(claim.id))
        if job is not None and job.attempt == claim.attempt:
            if job.state is JobState.DEAD:
                raise Buried(job.reason)
            if job.state is JobState.DELAYED:
                return RqRetry(_RETRIES, math.ceil(delay_ms / 1000), enqueue_at_front=True)
        return None

    def _finish(self, claim: Claim, ending: Ending) -> bool:
        accepted, _ = _patiently(lambda: self._books.consumer.finish(claim, ending))
        return accepted

    def _release(self, claim: Claim, ending: Ending) -> RqRetry | None:
        stopped = _patiently(
            lambda: self._books.ledger.stopped(claim.id, self._worker, "released", ending.reason)
        )
        self.superseded = not stopped.ours
        wait_s = _UNREADY_S if ending.reason else 0
        return RqRetry(_RETRIES, wait_s, enqueue_at_front=True) if stopped.comes_again else None


class HorseContext:
    """What a handler may do while it runs: ``judgeline.queues.handler.Context`` in a work horse."""

    def __init__(self, claim: Claim, consumer: ListsConsumer, options: QueueOptions) -> None:
        self._claim = claim
        self._consumer = consumer
        self._latest = time.monotonic() + options.timeout_s
        self._speaking = self._interrupted = self._warned = self._over = False
        self._deadline = Deadline(options.warning_s, self._warn)

    @property
    def limit_s(self) -> float:
        """The attempt's time limit, seconds."""
        return self._deadline.limit_s

    def progress(self, note: bytes) -> None:
        """Publish a progress note; one that Redis cannot take now is dropped. Raises Cancelled."""
        try:
            self._say(lambda: self._consumer.progress(self._claim, note))
        except QueueUnavailable:
            return

    def checkpoint(self, data: bytes) -> None:
        """Keep what the next attempt must know; waits for Redis where it is away. Raises Cancelled."""
        self._say(lambda: _patiently(lambda: self._consumer.checkpoint(self._claim, data)))

    def stage(self, stage: str, test: int = 0) -> None:
        """RQ keeps no place for it: a killed horse leaves the signal as its only evidence."""

    def limit(self, seconds: float) -> None:
        """Set this attempt's time limit, counted from now; the queue's own stays the latest."""
        self._deadline.set(max(0.001, min(seconds, self._latest - time.monotonic())))

    def close(self) -> None:
        """The handler's code is over: no warning from here on."""
        self._over = True

    def interrupt(self) -> None:
        """Raise Cancelled in the handler; while it speaks to the queue, as soon as that is said."""
        self._interrupted = True
        if not self._speaking:
            raise Cancelled("the worker is stopping")

    def _warn(self) -> None:
        """Raise TimeUp in the handler; while it speaks to the queue, as soon as that is said."""
        if not self._over:
            self._warned = True
            if not self._speaking:
                self._tell_time()

    def _tell_time(self) -> None:
        self._warned = False
        raise TimeUp("the time limit is near")

    def _say(self, ask: Callable[[], bool]) -> None:
        self._speaking = True
        try:
            ours = ask()
        finally:
            self._speaking = False
        if not ours or self._interrupted:
            raise Cancelled("the worker is stopping" if ours else "cancelled, or not ours any more")
        if self._warned:
            self._tell_time()


def _patiently(ask: Callable[[], T]) -> T:
    """Ask until Redis answers; the attempt's time limit ends the waiting."""
    while True:
        try:
            return ask()
        except QueueUnavailable:
            time.sleep(_AGAIN_S)


def _timed_out(claim: Claim, limit_s: float, *, warned: bool) -> Ending:
    evidence = {"worker": claim.worker, "attempt": claim.attempt} | ({"warned": True} if warned else {})
    reason = f"timed out after {limit_s:.3g} s"
    return Ending(kind=Finish.DEAD, reason=reason, evidence=msgspec.json.encode(evidence))


def _failed(claim: Claim, error: Exception) -> Ending:
    if isinstance(error, GiveUp | PayloadError):
        return Ending(kind=Finish.DEAD, reason=str(error)[:_REASON_CHARACTERS])
    reason = str(error) if isinstance(error, Retry) else f"{type(error).__name__}: {error}"
    delay_s = error.delay_s if isinstance(error, Retry) else None
    trace = "".join(traceback.format_exception(error)).encode(errors="replace")[-_TRACE_BYTES:]
    evidence = {
        "worker": claim.worker,
        "attempt": claim.attempt,
        "error": type(error).__name__,
        "traceback": trace.decode(errors="replace"),
    }
    return Ending(
        kind=Finish.RETRY,
        reason=reason[:_REASON_CHARACTERS],
        evidence=msgspec.json.encode(evidence),
        delay_ms=None if delay_s is None else round(delay_s * 1000),
    )
