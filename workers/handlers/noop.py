"""A handler that does as its payload says: for tests of the queue and for benchmarks.

The payload is a JSON object of instructions, all optional (an empty payload does nothing). It is worked only
by queues whose ``queues.toml`` says ``handler = "noop"``.
"""

import os
import signal
import subprocess
import sys
import time

import msgspec

from judgeline.payloads import PayloadError
from judgeline.queues.handler import Context, GiveUp, Handler, Retry, TimeUp
from judgeline.queues.job import Claim
from workers.errors import Unready
from workers.handlers import Workplace
from workers.handlers.attempts import NotedHandler

ATTEMPT_LOG = "JUDGELINE_ATTEMPT_LOG"
"""Names a file for each attempt's begin and end: ``judgeline chaos`` sets it."""
_DONE = b'{"done":true}'


class Instructions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What to do, in this order."""

    unready: str = ""
    """Say that the handler cannot work any more."""
    announce: bool = False
    """Publish a progress note at once: the attempt has begun, and not only been claimed."""
    say: str = ""
    """Write this on standard error."""
    limit_ms: int = 0
    """Set the attempt's time limit."""
    grandchildren: int = 0
    """Start as many sleeping processes, every second one in a session of its own."""
    steps: int = 0
    """Publish as many progress notes, each after its share of the sleep."""
    sleep_ms: int = 0
    tidy: bool = False
    """Take the warning before the time limit for the end of the sleep."""
    deaf: bool = False
    """Go on sleeping whatever the supervisor says."""
    crash: str = ""
    """Die by this signal ("SIGSEGV") ..."""
    crash_attempts: int = 1_000_000
    """... in the first so many attempts."""
    fail: str = ""
    """Raise an error of this text, which is a retry ..."""
    fail_attempts: int = 1_000_000
    """... in the first so many attempts."""
    retry_ms: int = -1
    """Make that error a Retry with this delay."""
    give_up: str = ""
    result_bytes: int = 0
    """Give a result of about this size."""


class NoopHandler:
    """Does as it is told."""

    def __call__(self, claim: Claim, context: Context) -> bytes:
        """Follow the payload's instructions."""
        if not claim.payload:
            return _DONE
        try:
            told = msgspec.json.decode(claim.payload, type=Instructions)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise PayloadError(f"not instructions: {error}") from None
        if told.unready:
            raise Unready(told.unready)
        if told.announce:
            context.progress(b'{"begun":true}')
        if told.say:
            os.write(2, told.say.encode())
        if told.limit_ms:
            context.limit(told.limit_ms / 1000)
        for number in range(told.grandchildren):
            _start_sleeper(alone=number % 2 == 1)
        _sleep(told, context)
        _end_badly(told, claim)
        return msgspec.json.encode({"filling": "x" * told.result_bytes}) if told.result_bytes else _DONE

    def idle(self) -> None:
        """Nothing to prepare."""

    def close(self) -> None:
        """Nothing to close."""


def make(_place: Workplace) -> Handler:
    """Make the handler; one that notes its attempts where ``judgeline chaos`` asks for that."""
    log = os.environ.get(ATTEMPT_LOG)
    return NotedHandler(NoopHandler(), log) if log else NoopHandler()


def _sleep(told: Instructions, context: Context) -> None:
    deadline = time.monotonic() + told.sleep_ms / 1000
    for step in range(1, told.steps + 1):
        time.sleep(told.sleep_ms / 1000 / told.steps)
        context.stage("step", step)
        context.progress(msgspec.json.encode({"step": step, "steps": told.steps}))
    while (left := deadline - time.monotonic()) > 0:
        try:
            time.sleep(left)
        except TimeUp:
            if told.tidy:
                return
            if not told.deaf:
                raise
        except Exception:
            if not told.deaf:
                raise


def _end_badly(told: Instructions, claim: Claim) -> None:
    if told.crash and claim.attempt <= told.crash_attempts:
        os.kill(os.getpid(), signal.Signals[told.crash])
    if told.give_up:
        raise GiveUp(told.give_up)
    if told.fail and claim.attempt <= told.fail_attempts:
        if told.retry_ms >= 0:
            raise Retry(told.fail, delay_s=told.retry_ms / 1000)
        raise RuntimeError(told.fail)


def _start_sleeper(*, alone: bool) -> None:
    """Start a process that goes on for an hour; not ours any more at once when ``alone``."""
    subprocess.Popen([sys.executable, "-S", "-c", "import time; time.sleep(3600)"], start_new_session=alone)
