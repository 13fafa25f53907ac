"""The markers of a queue's schedules on Redis, and firing them."""

from collections.abc import Sequence
from typing import Any

from redis import Redis

from judgeline.queues.keys import Keys
from judgeline.queues.lists.guard import server_errors
from judgeline.queues.lists.scripts import Scripts
from judgeline.queues.lists.settings import settings_of
from judgeline.queues.options import QueueOptions
from judgeline.queues.rules import digest_of
from judgeline.queues.schedules import Fired, Firing, Marks


class ListsTimetable:
    """A queue's schedules on Redis. Safe to share between threads, not across a fork."""

    def __init__(self, client: Redis, name: str, options: QueueOptions) -> None:
        self._name = name
        self._scripts = Scripts(client, Keys(name).prefix, settings_of(options))

    def marks(self, schedules: Sequence[str]) -> Marks:
        """Give the server's time and each schedule's marker."""
        now_ms, *slots = self._run("marks", *schedules)
        return Marks(now_ms, [int(slot) if slot else None for slot in slots])

    def fire(self, firing: Firing) -> Fired:
        """Put a slot's job on the queue unless that was done, in one step."""
        return self._fire(firing, "put")

    def _fire(self, firing: Firing, how: str) -> Fired:
        job = firing.job
        fired = self._run(
            *("fire", firing.mark, firing.slot_ms, firing.seen_ms, firing.patience_ms, firing.passed_over),
            *(job.id, job.priority, job.user, job.payload, digest_of(job.payload), how),
        )
        return Fired(fired.decode())

    def _run(self, script: str, *arguments: str | bytes | int) -> Any:
        with server_errors(self._name):
            return self._scripts.run(script, *arguments)
