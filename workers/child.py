"""A child: takes one job at a time, has its handler work it, and says how it ended.

One round trip a job: the finish brings the next claim. It never touches its lease, its supervisor does, so a
job that burns the CPU for minutes cannot starve its own heartbeat.
"""

import math
import time
import traceback
from collections.abc import Callable

import msgspec

from judgeline.payloads import PayloadError
from judgeline.queues.engine import Consumer, Ending, Finish
from judgeline.queues.errors import JobTooLarge, QueueUnavailable
from judgeline.queues.handler import Cancelled, GiveUp, Handler, Retry, TimeUp
from judgeline.queues.job import MAX_RESULT_BYTES, Claim
from workers import kernel, log
from workers.context import WorkContext
from workers.control import Channel, Ready, Unfit
from workers.errors import Unready
from workers.interrupts import Cause, Interrupts, Woken
from workers.slot import Slot

_WAIT_S = 1.0
_PREPARING_S = 60.0
"""How long a handler may take to be made, to prepare or to close, where a job of its may not take longer."""
_INSTANT_S = 0.000_05
"""No process is started in less."""
_AWAY_S = (0.05, 0.1, 0.2, 0.5, 1.0)
_UNREADY_S = (1.0, 2.0, 5.0, 10.0, 30.0)
_TRACE_BYTES = 8_192
_REASON_CHARACTERS = 500


class Child:
    """The life of one child, after the fork. ``live`` returns when it was told to stop."""

    def __init__(  # noqa: PLR0913 - all that a child is made of
        self,
        worker: str,
        consumer: Consumer,
        make_handler: Callable[[], Handler],
        channel: Channel,
        slot: Slot,
        *,
        timeout_s: float,
        only: str | None = None,
    ) -> None:
        self._worker = worker
        self._consumer = consumer
        self._make_handler = make_handler
        self._channel = channel
        self._slot = slot
        self._timeout_s = timeout_s
        self._preparing_s = max(timeout_s, _PREPARING_S)
        self._only = only
        self._interrupts = Interrupts(channel)
        self._sequence = 0
        self._unready = 0
        self._family: frozenset[int] = frozenset()
        """The handler's processes that belong to no job."""

    def live(self) -> None:
        """Work until told to stop."""
        while not self._interrupts.stopping:
            try:
                handler = self._make()
            except Exception as error:  # noqa: BLE001 - whatever it is, dying would only repeat it
                self._report(error)
                continue
            self._channel.send(Ready())
            try:
                self._serve(handler)
            except Unready as error:
                self._report(error)
            finally:
                self._close(handler)
        self._leave()

    def _make(self) -> Handler:
        self._slot.prepare("make", self._preparing_s)
        try:
            handler = self._make_handler()
        finally:
            self._slot.rest()
        self._family = frozenset(kernel.own_children())
        return handler

    def _prepare(self, handler: Handler) -> None:
        """Let the handler prepare. What fails here would fail in the next job: say so before taking it."""
        began = time.monotonic()
        self._slot.prepare("idle", self._preparing_s)
        try:
            handler.idle()
        except Unready:
            raise
        except Exception as error:
            raise Unready(_describe(error)) from error
        finally:
            self._slot.rest()
        if time.monotonic() - began > _INSTANT_S:
            self._family = frozenset(kernel.own_children())

    def _close(self, handler: Handler) -> None:
        if not self._slot.read().job:  # else we die of what it did, and the slot is the evidence
            self._slot.prepare("close", self._preparing_s)
        handler.close()
        if not self._slot.read().job:
            self._slot.rest()

    def _report(self, error: Exception) -> None:
        """Say why nothing is claimed, and wait before the next try."""
        reason = str(error) if isinstance(error, Unready) else _describe(error)
        self._channel.send(Unfit(reason[:_REASON_CHARACTERS]))
        wait_s = _UNREADY_S[min(self._unready, len(_UNREADY_S) - 1)]
        self._unready += 1
        self._interrupts.idle(wait_s)

    def _serve(self, handler: Handler) -> None:
        claim = self._claim()
        while True:
            if claim is None:
                if self._interrupts.stopping:
                    return
                self._prepare(handler)
                self._wait()
                claim = self._claim()
                continue
            claim = self._end(claim, self._work(handler, claim))
            self._unready = 0

    def _claim(self) -> Claim | None:
        """Claim; None when nothing may be taken, or when told to stop. The number stays until answered."""
        self._sequence += 1
        tries = 0
        while not self._interrupts.stopping:
            try:
                return self._consumer.claim(self._worker, self._sequence, only=self._only)
            except QueueUnavailable:
                self._pause(tries)
                tries += 1
        return None

    def _wait(self) -> None:
        try:
            try:
                self._interrupts.begin_wait()
                self._consumer.wait(_WAIT_S, only=self._only)
            finally:  # within the outer try, for a stop may come in this very line
                self._interrupts.end_wait()
        except Woken:
            pass
        except QueueUnavailable:
            self._pause(0)

    def _pause(self, tries: int) -> None:
        self._interrupts.idle(_AWAY_S[min(tries, len(_AWAY_S) - 1)])

    def _work(self, handler: Handler, claim: Claim) -> Ending:
        """Have the handler work one job. Raises Unready, after the job was given back."""
        if self._interrupts.stopping:
            return Ending(kind=Finish.RELEASE)
        self._slot.begin(claim.id, claim.attempt, self._timeout_s)
        context = WorkContext(claim, self._consumer, self._slot, self._interrupts, self._timeout_s)
        try:
            try:
                self._interrupts.open(claim)
                result = handler(claim, context)
            finally:  # within the outer try, for a cancel may come in this very line
                self._interrupts.close()
        except Exception as error:
            self._leave_no_process()
            if isinstance(error, Unready):
                self._end(claim, Ending(kind=Finish.RELEASE), last=True)
                raise
            return self._broken_off(claim, error)
        if self._interrupts.cause is not None:  # it was told to end, and took its time
            self._leave_no_process()
        return _done(result)

    def _leave_no_process(self) -> None:
        """Kill what the job has started and left."""
        left = kernel.kill_children_since(self._slot.read().started, but=self._family)
        if left:
            log.leftovers(self._worker, left)

    def _broken_off(self, claim: Claim, error: Exception) -> Ending:
        """How an attempt ends that raised; its processes are gone by now, its child lives on."""
        if isinstance(error, Cancelled):
            return self._ended_early()
        return self._timed_out() if isinstance(error, TimeUp) else self._failed(claim, error)

    def _ended_early(self) -> Ending:
        """How a job that was broken off ends. If the attempt is not ours any more, either is refused."""
        if self._interrupts.cause is Cause.CANCEL:
            return Ending(kind=Finish.CANCELLED, reason="cancelled while it ran")
        return Ending(kind=Finish.RELEASE)

    def _timed_out(self) -> Ending:
        """How a job ends whose handler let the warning pass; the slot tells the limit it was warned of."""
        seen = self._slot.read()
        log.job_timed_out(seen.job, seen.attempt, seen.limit_s)
        evidence = {"worker": self._worker, "attempt": seen.attempt, "stage": seen.stage, "test": seen.test}
        return Ending(
            kind=Finish.DEAD, reason=seen.timed_out, evidence=msgspec.json.encode(evidence | {"warned": True})
        )

    def _failed(self, claim: Claim, error: Exception) -> Ending:
        if isinstance(error, GiveUp | PayloadError):
            log.job_failed(claim.id, claim.attempt, str(error))
            return Ending(kind=Finish.DEAD, reason=str(error)[:_REASON_CHARACTERS])
        evidence: dict[str, object] = {
            "worker": claim.worker,
            "attempt": claim.attempt,
            "stage": self._slot.read().stage,
        }
        reason, delay_s = str(error), None
        if isinstance(error, Retry):
            delay_s = error.delay_s
        else:
            reason = _describe(error)
            trace = "".join(traceback.format_exception(error)).encode(errors="replace")[-_TRACE_BYTES:]
            evidence |= {"error": type(error).__name__, "traceback": trace.decode(errors="replace")}
        log.job_failed(claim.id, claim.attempt, reason)
        return Ending(
            kind=Finish.RETRY,
            reason=reason[:_REASON_CHARACTERS],
            evidence=msgspec.json.encode(evidence),
            delay_ms=None if delay_s is None else round(delay_s * 1000),
        )

    def _end(self, claim: Claim, ending: Ending, *, last: bool = False) -> Claim | None:
        """Say how the attempt ended, until it was heard; gives the next claim that came with the answer.

        While Redis is away nobody else can take the job either; if only we are cut off, the lease lapses, and
        the answer in the end is a refusal.
        """
        self._slot.limit(math.inf)  # the work is done: waiting for Redis is not the job's time
        following = None
        if not (last or self._interrupts.stopping):
            self._sequence += 1
            following = self._sequence
        tries = 0
        while True:
            try:
                accepted, upcoming = self._consumer.finish(
                    claim, ending, next_sequence=following, only=self._only
                )
            except QueueUnavailable:
                time.sleep(_AWAY_S[min(tries, len(_AWAY_S) - 1)])
                tries += 1
            except JobTooLarge:
                ending = _too_large(len(ending.result))
            else:
                break
        self._slot.end()
        if not accepted:
            log.job_refused(claim.id, claim.attempt, ending.kind)
        return upcoming

    def _leave(self) -> None:
        try:
            self._consumer.leave(self._worker)
        except QueueUnavailable:
            return  # the supervisor says it again


def _done(result: object) -> Ending:
    """The end of an attempt that gave a result, if that is what handlers give."""
    if not isinstance(result, bytes):
        return Ending(kind=Finish.DEAD, reason=f"its handler gave {type(result).__name__}, not bytes")
    return (
        _too_large(len(result)) if len(result) > MAX_RESULT_BYTES else Ending(kind=Finish.DONE, result=result)
    )


def _too_large(size: int) -> Ending:
    return Ending(
        kind=Finish.DEAD, reason=f"its result has {size:,} bytes, over the {MAX_RESULT_BYTES:,} allowed"
    )


def _describe(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"
