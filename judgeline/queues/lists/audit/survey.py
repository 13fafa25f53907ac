"""A queue's keys read one after another, while it works: what looks wrong may only be in motion."""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any, cast

import msgspec
from redis import Redis

from judgeline.queues.keys import RESERVED
from judgeline.queues.lists.audit.counters import count
from judgeline.queues.lists.replies import text_of

_PAGE = 500
"""Elements, fields or hashes that one command or one pipeline asks for."""

_FIELDS = ["state", "priority", "user", "worker", "counted", "enqueued"]
_NO_HASH = "no hash"
_SETS = ("delayed", "dead", "unrecorded")
_ENDED = frozenset({"done", "dead", "cancelled"})


class Suspect(msgspec.Struct, frozen=True, order=True):
    """Something to look at in one step, as the scripts AUDIT and REPAIR name it."""

    kind: str
    name: str


class Survey(msgspec.Struct, kw_only=True):
    """What was read."""

    jobs: int = 0
    suspects: set[Suspect] = msgspec.field(default_factory=set)
    came_ms: dict[str, int] = msgspec.field(default_factory=dict)
    """Suspected job -> when it was enqueued."""
    strange: list[str] = msgspec.field(default_factory=list)
    """Keys that no queue has."""


class Surveyor:
    """Reads one queue's keys, a page at a time: the server is never held for long."""

    def __init__(self, client: Redis, prefix: str, priorities: Iterable[str]) -> None:
        self._client = client
        self._prefix = prefix
        self._priorities = set(priorities)

    def survey(self) -> Survey:
        """Read all: what is where, and then what each job says of itself."""
        names = self._names()
        found = Survey()
        places: dict[str, Counter[str]] = {}
        for name in sorted(names):
            self._file(name, found)
            if name.startswith(("behind:", "backup:")) or name in self._priorities:
                for element in self._elements(name):
                    places.setdefault(element, Counter())[name] += 1
        sets = {name: set(self._members(name)) for name in _SETS}
        ids = {name.removeprefix("job:") for name in names if name.startswith("job:")}
        found.jobs = len(ids)
        running = self._running(names)
        for page in _pages(sorted(ids.union(*sets.values()))):
            for job_id, job in zip(page, self._hashes(page), strict=True):
                here = {name for name, members in sets.items() if job_id in members}
                missed = job[0] == "running" and job[5] and job_id not in running.get(job[2], ())
                if job[0] == _NO_HASH:
                    found.strange.append(f"job:{job_id}")
                elif missed or self._is_odd(job, places.get(job_id, Counter()), here):
                    found.suspects.add(Suspect("job", job_id))
                    found.came_ms[job_id] = job[6]
        self._suspect_turns(names, found)
        self._suspect_running(running, found)
        self._suspect_workers(names, found)
        return found

    def count(self) -> dict[str, int]:
        """Give what the counters should say, if no job moves meanwhile."""
        return count(self._client, self._prefix, self._priorities)

    def _names(self) -> set[str]:
        """The names of the queue's keys, without what they share."""
        keys = self._client.scan_iter(match=f"{_escaped(self._prefix)}*", count=1000)
        return {text_of(key).removeprefix(self._prefix) for key in keys}

    def _file(self, name: str, found: Survey) -> None:
        """Suspect lists of a priority that queues.toml does not name; note what is no key of a queue."""
        first, _, rest = name.partition(":")
        if first == "behind":
            if rest.partition(":")[0] not in self._priorities:
                found.suspects.add(Suspect("line", rest))
        elif name not in self._priorities and first not in RESERVED:
            if ":" not in name and self._client.type(self._prefix + name) == b"list":
                found.suspects.add(Suspect("list", name))
            else:
                found.strange.append(name)

    def _elements(self, name: str) -> Iterator[str]:
        """A list's elements from its end, where they are taken: a page further each time."""
        last = -1
        while True:
            page = cast("list[bytes]", self._client.lrange(self._prefix + name, last - _PAGE + 1, last))
            yield from (text_of(element) for element in page)
            if len(page) < _PAGE:
                return
            last -= _PAGE

    def _members(self, name: str) -> Iterator[str]:
        for member, _ in self._client.zscan_iter(self._prefix + name, count=_PAGE):
            yield text_of(member)

    def _fields(self, name: str) -> dict[str, str]:
        fields = self._client.hscan_iter(self._prefix + name, count=_PAGE)
        return {text_of(field): text_of(value) for field, value in fields}

    def _hashes(self, ids: list[str]) -> list[Any]:
        """(state, priority, user, worker, ms to live, whether it counts as running, when it came) of each."""
        with self._client.pipeline(transaction=False) as pipe:
            for job_id in ids:
                pipe.hmget(f"{self._prefix}job:{job_id}", _FIELDS)
                pipe.pttl(f"{self._prefix}job:{job_id}")
            replies = pipe.execute(raise_on_error=False)
        return [_told(fields, ttl) for fields, ttl in zip(replies[::2], replies[1::2], strict=True)]

    def _is_odd(self, job: Any, places: "Counter[str]", sets: set[str]) -> bool:
        """Whether a job is anywhere else than its state says."""
        state, priority, user, worker, ttl, *_ = job
        if state in _ENDED:
            kept = ttl >= 0 or "unrecorded" in sets or (state == "dead" and "dead" in sets)
            fine = sets <= {"unrecorded", "dead"} if state == "dead" else sets <= {"unrecorded"}
            return bool(places) or not kept or not fine
        if priority not in self._priorities:
            return True
        if state == "queued":
            right = {priority, f"behind:{priority}:{user}"}
            (place, times), *others = list(places.items()) or [("", 0)]
            return bool(others or sets) or times != 1 or not (place in right or place.startswith("backup:"))
        if state == "running":
            return bool(sets) or dict(places) != {f"backup:{worker}": 1}
        if state == "delayed":
            return bool(places) or sets != {"delayed"}
        return bool(sets) or ttl < 0  # no state: a hash that is gone has -2

    def _suspect_turns(self, names: set[str], found: Survey) -> None:
        """Places whose counted turns differ from the ids on the list, and lines behind no head."""
        counted: Counter[str] = Counter()
        for priority in self._priorities & names:
            ids = list(self._elements(priority))
            for page in _pages(ids):
                for state, of, user, *_ in self._hashes(page):
                    if user and state == "queued" and of == priority:
                        counted[f"{priority}:{user}"] += 1
        told = {place: int(turns) for place, turns in self._fields("turns").items()}
        lines = {name.removeprefix("behind:") for name in names if name.startswith("behind:")}
        held_back = set(self._members("capped")) & lines
        for place in told.keys() | counted.keys() | lines:
            headless = not counted[place] and (place in lines or place in told) and place not in held_back
            if told.get(place, 0) != counted[place] or headless:
                found.suspects.add(Suspect("turns", place))

    def _running(self, names: set[str]) -> dict[str, set[str]]:
        """User -> ids that count against the bound of their running jobs."""
        users = [name.removeprefix("running:") for name in names if name.startswith("running:")]
        members = self._client.smembers
        return {
            user: set(map(text_of, cast("set[bytes]", members(f"{self._prefix}running:{user}"))))
            for user in users
        }

    def _suspect_running(self, running: dict[str, set[str]], found: Survey) -> None:
        """Users of whom something counts as running that does not run."""
        for user, ids in running.items():
            if any(job[0] != "running" for page in _pages(sorted(ids)) for job in self._hashes(page)):
                found.suspects.add(Suspect("running", user))

    def _suspect_workers(self, names: set[str], found: Survey) -> None:
        known = set(self._members("workers"))
        held = {name.removeprefix("backup:") for name in names if name.startswith("backup:")}
        for worker in (held | self._fields("sequences").keys()) - known:
            found.suspects.add(Suspect("worker", worker))


def _told(fields: Any, ttl: Any) -> Any:
    if isinstance(fields, Exception):  # a key of another type, where a job's hash should be
        return _NO_HASH, "", "", "", 0, None, 0
    *texts, counted, came = fields
    return (
        *(text_of(value or b"") for value in texts),
        ttl,
        counted,
        int(came) if came and came.isdigit() else 0,
    )


def _pages(ids: list[str]) -> Iterator[list[str]]:
    for start in range(0, len(ids), _PAGE):
        yield ids[start : start + _PAGE]


def _escaped(prefix: str) -> str:
    return "".join(f"\\{char}" if char in "*?[]\\" else char for char in prefix)
