"""What the raw keys of a queue say: each id's places, and the sums that its counters must agree with.

Knows nothing of the scripts but what docs/queue.md says of the keys.
"""

import dataclasses
from collections import Counter, defaultdict
from collections.abc import Collection
from typing import Any

from redis import Redis

from judgeline.queues.job import JobState
from judgeline.queues.keys import RESERVED, Keys
from judgeline.queues.options import QueueOptions

SUMS = ("parked", "delayed", "bytes")
"""Kinds of fields of "depth" that are sums over jobs."""
ENDS = (JobState.DONE, JobState.DEAD, JobState.CANCELLED)


@dataclasses.dataclass
class Books:
    """A queue's keys, read at rest."""

    jobs: dict[str, dict[str, str]]
    """Id -> its hash (the payload as its length)."""
    places: dict[str, list[str]]
    """Id or element -> "high", "behind:high:ann", "backup:w1", "delayed", "dead"; as often as it is there."""
    hashes: dict[str, dict[str, str]]
    """"depth", "turns", "sequences", "totals" ..."""
    leases: set[str]
    unrecorded: set[str]
    capped: set[str]
    """<priority>:<user> whose line waits off the list."""
    running: dict[str, set[str]]
    """User -> ids counted against the user's bound."""
    expiring: set[str]
    """Ids whose hash has a time to live."""
    names: list[str]
    priorities: list[str]

    def state(self, job_id: str) -> JobState | None:
        """Give the state of a job, or None."""
        return JobState(self.jobs[job_id]["state"]) if job_id in self.jobs else None

    def elements(self, priority: str) -> list[str]:
        """Give what is on a priority's list and is no job's id."""
        return [
            element
            for element, places in self.places.items()
            if element not in self.jobs
            for place in places
            if place == priority
        ]

    def faults(self, by_hand: Collection[tuple[str, str]] = ()) -> list[str]:
        """Give what must not be, in words. ``by_hand``: (id of an ended job, priority) pushed by the test."""
        return [*self._places(by_hand), *self._counters(), *self._running(), *self._workers(), *self._keys()]

    def _places(self, by_hand):
        for job_id, job in self.jobs.items():
            places = [place for place in self.places.get(job_id, []) if (job_id, place) not in by_hand]
            state = JobState(job["state"])
            priority, user = job.get("priority", ""), job.get("user", "")
            fitting = {
                JobState.QUEUED: [[priority], [f"behind:{priority}:{user}"]],
                JobState.RUNNING: [[f"backup:{job.get('worker')}"]],
                JobState.DELAYED: [["delayed"]],
                JobState.DEAD: [["dead"], []],
            }.get(state, [[]])
            if places not in fitting:
                yield f"{job_id} is {state}, and its places are {places}, not {fitting}"
            kept = job_id in self.unrecorded or job_id in self.expiring or "dead" in places
            if state in ENDS and not kept:
                yield f"{job_id} is {state}, and nothing will ever take it away"
            if state not in ENDS and (job_id in self.unrecorded or job_id in self.expiring):
                yield f"{job_id} is {state}, and to be recorded or to expire"
        for job_id in self.unrecorded - self.jobs.keys():
            yield f"{job_id} is to be recorded, and no job"

    def _counters(self):
        depth: Counter[str] = Counter()
        turns: Counter[str] = Counter()
        for job_id, job in self.jobs.items():
            state, priority, user = job["state"], job.get("priority", ""), job.get("user", "")
            places = self.places.get(job_id, [])
            if state in (JobState.QUEUED, JobState.DELAYED):
                depth[f"bytes:{priority}"] += int(job.get("payload", "0"))
            if state == JobState.DELAYED:
                depth[f"delayed:{priority}"] += 1
                if user and "fresh" in job:
                    depth[f"delayed:{priority}:{user}"] += 1
            if "dead" in places:
                depth["bytes:dead"] += int(job.get("payload", "0"))
            if state == JobState.QUEUED and any(place.startswith("behind:") for place in places):
                depth[f"parked:{priority}"] += 1
            if state == JobState.QUEUED and user and priority in places:
                turns[f"{priority}:{user}"] += 1
        yield from self._differs("depth", depth, lambda field, _: field.split(":")[0] in SUMS)
        yield from self._differs("turns", turns, lambda _, count: count != "0")
        held_back = {place for place, count in self.hashes.get("turns", {}).items() if count == "0"}
        if not held_back <= self.capped:
            yield f"lines {held_back} wait off the list, and {self.capped} are capped"

    def _differs(self, name, truth, counts):
        told = {field: value for field, value in self.hashes.get(name, {}).items() if counts(field, value)}
        expected = {field: str(count) for field, count in truth.items() if count}
        if told != expected:
            yield f"{name} says {told}, and it is {expected}"

    def _running(self):
        """With a bound on each user's running jobs: who is counted."""
        counted = defaultdict(set)
        for job_id, job in self.jobs.items():
            if job["state"] == JobState.RUNNING and "counted" in job:
                counted[job.get("user", "")].add(job_id)
        if self.running != counted:
            yield f"running are counted as {self.running}, and it is {dict(counted)}"

    def _workers(self):
        for worker in self.hashes.get("sequences", {}).keys() - self.leases:
            yield f"{worker} is numbered, and has no lease"
        held = Counter(place for places in self.places.values() for place in places)
        for place, count in held.items():
            if place.startswith("backup:"):
                if count != 1:
                    yield f"{place} holds {count}"
                if place.removeprefix("backup:") not in self.leases:
                    yield f"{place} holds something, and its worker has no lease"

    def _keys(self):
        for name in self.names:
            word = name.split(":")[0]
            if word not in RESERVED and name not in self.priorities:
                yield f"there is a key {name}"


def read_books(client: Redis, queue: str, options: QueueOptions) -> Books:  # noqa: C901 - one key after the other
    """Read all keys of a queue."""
    prefix = Keys(queue).prefix
    names = sorted(key.decode().removeprefix(prefix) for key in client.keys(f"{prefix}*"))
    lists = [
        name for name in names if name.split(":")[0] in ("behind", "backup") or name in options.priorities
    ]
    ids = [name.removeprefix("job:") for name in names if name.startswith("job:")]
    users = [name.removeprefix("running:") for name in names if name.startswith("running:")]
    hashes = [name for name in ("depth", "turns", "sequences", "totals") if name in names]
    with client.pipeline(transaction=False) as pipe:
        for name in lists:
            pipe.lrange(prefix + name, 0, -1)
        for job_id in ids:
            pipe.hgetall(f"{prefix}job:{job_id}")
            pipe.pttl(f"{prefix}job:{job_id}")
        for name in hashes:
            pipe.hgetall(prefix + name)
        for name in ("delayed", "dead", "workers", "unrecorded", "capped"):
            pipe.zrange(prefix + name, 0, -1)
        for user in users:
            pipe.smembers(f"{prefix}running:{user}")
        answers = iter(pipe.execute())
    places: dict[str, list[str]] = defaultdict(list)
    for name in lists:
        for element in next(answers):
            places[element.decode()].append(name)
    jobs, expiring = {}, set()
    for job_id in ids:
        jobs[job_id] = _fields(next(answers))
        if next(answers) >= 0:
            expiring.add(job_id)
    found = {name: _fields(next(answers)) for name in hashes}
    sets = [{member.decode() for member in next(answers)} for _ in range(5)]
    running = {user: {member.decode() for member in next(answers)} for user in users}
    for name, members in zip(("delayed", "dead"), sets, strict=False):
        for member in members:
            places[member].append(name)
    rest = (running, expiring, names, list(options.priorities))
    return Books(jobs, dict(places), found, *sets[2:], *rest)


def _fields(raw: dict[bytes, bytes]) -> dict[str, Any]:
    return {
        field.decode(): str(len(value)) if field == b"payload" else value.decode("utf-8", "replace")
        for field, value in raw.items()
    }
