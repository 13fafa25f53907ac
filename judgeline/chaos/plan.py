"""What will happen, all of it from one seed: the jobs, and the faults in their order.

A run cannot be repeated to the microsecond, for processes are scheduled by the kernel; its plan can. The
storm (kills, cuts, lost replies, pauses) goes by the clock and has no end; blows (server kills, an emptied
Redis) come when so many jobs were accepted, so that each run has them all, however fast the machine is.
"""

import itertools
import random
import uuid
from collections.abc import Iterator
from enum import StrEnum

import msgspec

MAX_SLEEP_MS = 20
SLOW = 0.05
"""Of the plain jobs so many take longer: whatever is killed or stopped then holds something."""
SLOW_MS = (100, 400)
LONG_MS = 2_000
"""Some of those that are cancelled take so long that their worker has to be told."""
CANCEL_MS = 300
MAX_CRASHES = 6
"""``max_crashes`` of the queue: so many that a job which is killed by chance does not end by it."""
MAX_ATTEMPTS = 3
SERVER_KILLS = 3
JOBS_A_SERVER_KILL = 20_000
"""A server kill more for each so many jobs."""


class Kind(StrEnum):
    """What a job is like. Each has the ends that it may come to."""

    PLAIN = "plain"
    POISON = "poison"
    """Kills its child in its first attempts, then ends well."""
    DEADLY = "deadly"
    """Kills its child always."""
    FAILING = "failing"
    """Fails in its first attempts, then ends well."""
    HOPELESS = "hopeless"
    """Fails always."""
    CANCELLED = "cancelled"
    """Is cancelled some time after it was accepted."""


ENDS = {
    Kind.PLAIN: frozenset({"done"}),
    Kind.POISON: frozenset({"done"}),
    Kind.DEADLY: frozenset({"dead"}),
    Kind.FAILING: frozenset({"done"}),
    Kind.HOPELESS: frozenset({"dead"}),
    Kind.CANCELLED: frozenset({"done", "cancelled"}),
}
"""Kind -> the states it may end in. Another is a wrong end: an innocent that became a dead letter, say."""

BROUGHT_BACK = frozenset({Kind.POISON, Kind.DEADLY, Kind.FAILING, Kind.HOPELESS})
"""Those that are tried again for what they do themselves, whatever befalls the system."""

_KINDS = {
    Kind.PLAIN: 905,
    Kind.POISON: 10,
    Kind.DEADLY: 1,
    Kind.FAILING: 40,
    Kind.HOPELESS: 10,
    Kind.CANCELLED: 34,
}
"""Kind -> jobs in a thousand."""
_UNSENT = 0.01
_REPEATED = 0.02
_USERS = 20


class Submit(StrEnum):
    """How a job comes onto the queue once the store has it."""

    ONCE = "once"
    TWICE = "twice"
    """Its producer heard no answer and says it again."""
    NEVER = "never"
    """Its producer died between COMMIT and ENQUEUE."""


class JobPlan(msgspec.Struct, frozen=True, kw_only=True):
    """One job."""

    id: str
    kind: Kind
    priority: str
    user: str
    submit: Submit
    payload: bytes
    """What the no-op handler is to do."""
    cancel_ms: int = 0
    """For CANCELLED: how long after it was accepted, milliseconds."""


class Fault(StrEnum):
    """What is done to the system. The names that ``--faults`` takes."""

    CHILD = "child"
    """kill -9 of a worker's child."""
    SUPERVISOR = "supervisor"
    """kill -9 of a supervisor; its children die with it."""
    RECORDER = "recorder"
    """kill -9 of the recorder."""
    SERVER = "server"
    """kill -9 of the Redis server."""
    LOST = "lost"
    """A command is carried out and its reply lost."""
    CUT = "cut"
    """All connections of one process are reset."""
    PARTITION = "partition"
    """One supervisor and its children cannot reach Redis for longer than a lease."""
    SLOW = "slow"
    """What one supervisor and its children say and hear is late, for as long as a partition."""
    STOP_SERVER = "stop-server"
    """SIGSTOP of the Redis server for longer than a lease: every lease has lapsed when it goes on."""
    STOP_CHILD = "stop-child"
    """SIGSTOP of a child for longer than a lease, then SIGCONT."""
    STOP_SUPERVISOR = "stop-supervisor"
    """SIGSTOP of a supervisor alone, as long: its children go on without their lease."""
    STOP_ALL = "stop-all"
    """SIGSTOP of a supervisor and its children, as long: zombies that finish late."""
    SUBMIT = "submit"
    """A producer dies between COMMIT and ENQUEUE, or says its ENQUEUE twice."""
    EMPTY = "empty"
    """FLUSHALL: Redis loses all it has."""


KILLS = frozenset({Fault.CHILD, Fault.SUPERVISOR, Fault.RECORDER, Fault.SERVER})

RATES = {
    Fault.CHILD: 1.4,
    Fault.SUPERVISOR: 0.2,
    Fault.RECORDER: 0.1,
    Fault.LOST: 1.0,
    Fault.CUT: 0.5,
    Fault.PARTITION: 0.05,
    Fault.SLOW: 0.05,
    Fault.STOP_SERVER: 0.02,
    Fault.STOP_CHILD: 0.08,
    Fault.STOP_SUPERVISOR: 0.05,
    Fault.STOP_ALL: 0.05,
}
"""Fault -> how often, on the average."""


class Gust(msgspec.Struct, frozen=True, kw_only=True):
    """One fault of the storm."""

    at_s: float
    """Seconds after the first job."""
    fault: Fault
    choice: float
    """In [0, 1): which of those there are then."""
    for_share: float
    """In [0, 1): how long, between the least and the most that this fault lasts."""


class Blow(msgspec.Struct, frozen=True, kw_only=True):
    """One fault that comes when so many jobs were accepted."""

    after_jobs: int
    fault: Fault


def plan_jobs(seed: int, count: int, faults: frozenset[Fault]) -> Iterator[JobPlan]:
    """Give the jobs in the order in which they are submitted."""
    chance = random.Random(f"{seed} jobs")  # noqa: S311 - chance that can be repeated is the point
    kinds, weights = list(_KINDS), list(_KINDS.values())
    for number in range(count):
        kind = chance.choices(kinds, weights)[0]
        submit = chance.random()
        yield JobPlan(
            id=_id(number, chance),
            kind=kind,
            priority="high" if chance.random() < 0.3 else "low",
            user=f"user{int(_USERS * chance.random() ** 2)}",
            submit=_submit(submit) if Fault.SUBMIT in faults else Submit.ONCE,
            payload=msgspec.json.encode(_instructions(kind, chance)),
            cancel_ms=int(CANCEL_MS * chance.random() ** 2) if kind is Kind.CANCELLED else 0,
        )


def plan_storm(seed: int, faults: frozenset[Fault]) -> Iterator[Gust]:
    """Give the faults that go by the clock, without end; none where ``faults`` names none of them."""
    chance = random.Random(f"{seed} storm")  # noqa: S311 - as above
    kinds = [fault for fault in RATES if fault in faults]
    weights = [RATES[fault] for fault in kinds]
    now = 0.0
    while kinds:
        now += chance.expovariate(sum(weights))
        yield Gust(
            at_s=now,
            fault=chance.choices(kinds, weights)[0],
            choice=chance.random(),
            for_share=chance.random(),
        )


def plan_blows(seed: int, count: int, faults: frozenset[Fault]) -> list[Blow]:
    """Give the faults that go by the number of jobs: at least three server kills and one emptied Redis."""
    chance = random.Random(f"{seed} blows")  # noqa: S311 - as above
    wanted = {
        Fault.SERVER: SERVER_KILLS + count // JOBS_A_SERVER_KILL,
        Fault.EMPTY: 1 + count // JOBS_A_SERVER_KILL,
    }
    blows = [
        Blow(after_jobs=int(count * chance.uniform(0.05, 0.95)), fault=fault)
        for fault, times in wanted.items()
        for _ in range(times)
        if fault in faults
    ]
    return sorted(blows, key=lambda blow: (blow.after_jobs, blow.fault))


def take_gusts(seed: int, faults: frozenset[Fault], until_s: float) -> list[Gust]:
    """Give the storm's faults up to a moment."""
    return list(itertools.takewhile(lambda gust: gust.at_s < until_s, plan_storm(seed, faults)))


def _submit(chance: float) -> Submit:
    if chance < _UNSENT:
        return Submit.NEVER
    return Submit.TWICE if chance < _UNSENT + _REPEATED else Submit.ONCE


def _instructions(kind: Kind, chance: random.Random) -> dict[str, object]:
    told: dict[str, object] = {"sleep_ms": chance.randrange(MAX_SLEEP_MS + 1)}
    match kind:
        case Kind.PLAIN if chance.random() < SLOW:
            told["sleep_ms"] = chance.randrange(*SLOW_MS)
        case Kind.POISON:
            told["crash"] = chance.choice(["SIGKILL", "SIGSEGV"])
            told["crash_attempts"] = chance.randrange(1, MAX_CRASHES // 2 + 1)
        case Kind.DEADLY:
            told["crash"] = "SIGKILL"
        case Kind.FAILING:
            told["fail"] = "not yet"
            told["fail_attempts"] = chance.randrange(1, MAX_ATTEMPTS)
        case Kind.HOPELESS:
            told["fail"] = "never"
        case Kind.CANCELLED:
            told["sleep_ms"] = LONG_MS if chance.random() < 0.1 else chance.randrange(100)
    return told


def _id(number: int, chance: random.Random) -> str:
    """Give a UUID of version 7 whose clock is the job's number: ids sort as those of the API do."""
    value = number << 80 | 0x7 << 76 | chance.getrandbits(12) << 64 | 0x2 << 62 | chance.getrandbits(62)
    return str(uuid.UUID(int=value))
