"""What becomes of a job beside its ticket: the scripts that engine "lists" has no need of."""

from collections.abc import Callable
from importlib.resources import files
from typing import Any

import msgspec
from redis import Redis
from redis.client import Pipeline

from judgeline.queues.job import Claim, JobState
from judgeline.queues.keys import Keys
from judgeline.queues.lists.guard import server_errors
from judgeline.queues.lists.replies import claim_from, text_of
from judgeline.queues.lists.scripts import FLAGS, shared_part, with_parts
from judgeline.queues.lists.settings import settings_of
from judgeline.queues.options import QueueOptions

SCRIPTS = ("open", "begin", "stopped", "withdraw", "revive", "promote")


class Stopped(msgspec.Struct, frozen=True):
    """What became of a job whose attempt ended without a finish."""

    state: JobState | None
    """None: no such job."""
    wait_s: float
    """How long its ticket waits before it may be taken again."""
    ours: bool = True
    """False: another attempt has the job, and its ticket."""

    @property
    def comes_again(self) -> bool:
        """Whether its ticket goes back onto the RQ queue."""
        return self.state in (JobState.QUEUED, JobState.DELAYED)


class Unbegun(msgspec.Struct, frozen=True):
    """Why an attempt was not started."""

    state: JobState
    worker: str
    """Who runs it, if it runs."""


def compose(name: str) -> str:
    """Give a script with the parts it shares with engine "lists", ready for SCRIPT LOAD."""
    text = files(__package__).joinpath("lua", f"{name}.lua").read_text("utf-8")
    return FLAGS + with_parts(text, _shared)


def _shared(part: str) -> str:
    ours = files(__package__).joinpath("lua", "shared", f"{part}.lua")
    return ours.read_text("utf-8") if ours.is_file() else shared_part(part)


class Ledger:
    """The books of one queue. Not to be shared across a fork."""

    def __init__(self, client: Redis, name: str, options: QueueOptions) -> None:
        self._name = name
        self._prefix = Keys(name).prefix
        self._settings = settings_of(options)
        self._scripts: dict[str, Callable[..., Any]] = {
            script: client.register_script(compose(script)) for script in SCRIPTS
        }

    def begin(self, job_id: str, worker: str, *, take_from: str = "") -> Claim | Unbegun | None:
        """Start an attempt, of a running job only if it is ``take_from``'s; None if there is no such job."""
        state, *rest = self._run("begin", job_id, worker, take_from)
        if state == b"begun":
            return claim_from(worker, [job_id.encode(), *rest])
        return None if state == b"unknown" else Unbegun(JobState(state.decode()), text_of(rest[0]))

    def stopped(self, job_id: str, worker: str, how: str, reason: str, evidence: bytes = b"") -> Stopped:
        """Settle an attempt that ended without a finish; ``how`` as in stopped.lua, ``worker`` "" is any."""
        state, wait_ms, ours = self._run("stopped", job_id, worker, how, reason, evidence)
        known = None if state == b"unknown" else JobState(state.decode())
        return Stopped(known, wait_ms / 1000, bool(ours))

    def withdraw(self, job_id: str) -> str | None:
        """Cancel a waiting job or flag a running one: "cancelled", "asked", "too_late", None if unknown."""
        found = self._run("withdraw", job_id)
        return None if found is None else text_of(found)

    def promote(self) -> int:
        """Have delayed jobs that are due wait in line; give how many there were, at most 100."""
        return int(self._run("promote"))

    def open(self, pipeline: Pipeline, *arguments: str | bytes | int) -> None:
        """Have a transaction write a new job; arguments as in open.lua."""
        self._scripts["open"](keys=[self._prefix], args=[self._settings, *arguments], client=pipeline)

    def revive(self, pipeline: Pipeline, job_id: str) -> None:
        """Have a transaction make a dead letter a waiting job."""
        self._scripts["revive"](keys=[self._prefix], args=[self._settings, job_id], client=pipeline)

    def _run(self, script: str, *arguments: str | bytes) -> Any:
        with server_errors(self._name):
            return self._scripts[script](keys=[self._prefix], args=[self._settings, *arguments])
