"""What a queue is: its engine, its bounds, its patience. One struct a queue, from ``[queues.<name>]``.

Each field gives its unit, its default and why it is so.
"""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from judgeline.queues.keys import RESERVED

Count = Annotated[int, Meta(ge=1, le=1_000_000_000)]
Seconds = Annotated[int, Meta(ge=1, le=86_400 * 30)]
QueueName = Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_-]{0,31}$")]


class PriorityOptions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One priority: a Redis list of its own."""

    weight: Annotated[int, Meta(ge=1, le=1000)] = 1
    """Its share of dispatches when every priority has work; an idle one's share goes to the others."""


class BackoffOptions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How long a failed attempt waits: base * factor ** (attempt - 1), at most max, +- jitter of it."""

    base: Annotated[float, Meta(gt=0, le=86_400)] = 1
    """Seconds before the second attempt."""
    factor: Annotated[float, Meta(ge=1, le=100)] = 4
    max: Annotated[float, Meta(gt=0, le=86_400)] = 300
    """Seconds at most, so that a mended dependency is noticed within minutes."""
    jitter: Annotated[float, Meta(ge=0, le=1)] = 0.2
    """A random share, so that jobs that failed together do not come back together."""


class QueueOptions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One queue."""

    handler: str
    """Which handler works it, by its name in ``workers/handlers``. A job never names code to import."""
    engine: Literal["lists", "rq"] = "lists"
    """"lists" gives every guarantee in docs/operations.md; "rq" runs the queue on RQ for its tools."""
    processes: Literal["auto"] | Annotated[int, Meta(ge=1, le=256)] = 1
    """Children a supervisor keeps; "auto" is one a core. One job at a time each, nothing prefetched."""
    max_queued: Count = 20_000
    """Jobs waiting, each priority apart. Past it a submit gets 503 with a measured Retry-After."""
    max_queued_bytes: Count = 268_435_456
    """Payload bytes waiting, each priority apart: what bounds the server's memory."""
    max_queued_per_user: Count = 1_000
    """Jobs of one user waiting, each priority apart, so that nobody can fill the queue alone."""
    max_payload_bytes: Count = 4_194_304
    """One payload."""
    timeout_s: Seconds = 900
    """A cap on one attempt; past it the child is killed and the job is dead. A handler may set less."""
    warning_s: Annotated[float, Meta(ge=0, le=3_600)] = 1.0
    """How long before its time limit a handler is told (``TimeUp``), so that it can end by itself; a tenth of
    the limit where that is shorter, 0 = not told. Told and ended, its child lives on; else it is killed."""
    max_attempts: Annotated[int, Meta(ge=1, le=100)] = 3
    """Attempts that may end in an error of the handler before the job is a dead letter."""
    max_crashes: Annotated[int, Meta(ge=1, le=100)] = 3
    """Deaths of its child before the job is a dead letter."""
    crash_backoff_s: list[Annotated[float, Meta(ge=0, le=86_400)]] = msgspec.field(
        default_factory=lambda: [1, 4, 16]
    )
    """Waits after the second, third ... crash (the first goes back to the front at once). Without a wait a
    poisonous job kills child after child and innocents beside it are blamed."""
    backoff_s: BackoffOptions = BackoffOptions()
    result_ttl_s: Seconds = 3_600
    """How long Redis keeps an ended job, counted from when the store has it."""
    dead_ttl_s: Seconds = 604_800
    """How long a dead letter is kept for a person to look at."""
    max_dead: Count = 10_000
    """Dead letters kept (and max_queued_bytes of them): past it the oldest is forgotten, so that a client
    whose every job is poison cannot fill the server."""
    fair: Literal["user", "off"] = "user"
    """"user": users take turns within a priority; "off": plain first in, first out."""
    max_running_per_user: Annotated[int, Meta(ge=0, le=1_000_000)] = 0
    """Jobs of one user that run at once, all priorities together; 0 = as many as there are children. So that
    one user's long jobs cannot hold every child: turns only say who is next. Needs ``fair = "user"``."""
    lease_s: Annotated[int, Meta(ge=2, le=600)] = 10
    """How long a silent worker counts as alive; the supervisor renews each second, or third of it."""
    store: bool = True
    """Whether a store records the results (their TTL then starts when it has them). A library user
    without a store says false: the TTL starts at the finish."""
    durability: Literal["server", "fsync", "replica"] = "server"
    """What an answered call outlives: "server": whatever the server is set to; "fsync": a power cut
    (appendfsync always, checked at the start, and a store that syncs each commit); "replica": the loss of the
    server, too, for it waits until a replica has the job. Only "lists" knows "replica"."""
    shards: Annotated[int, Meta(ge=1, le=64)] = 1
    """Parts the queue is cut into, each with a hash tag of its own, for a cluster to spread. Order, weights
    and bounds hold in each part, so they are approximate over all. Only "lists" has more than one; drain
    before changing it."""
    priorities: dict[QueueName, PriorityOptions] = msgspec.field(
        default_factory=lambda: {
            "high": PriorityOptions(weight=10),
            "low": PriorityOptions(weight=3),
        }
    )
    """Priority -> options, the first named is the one an operator's tools list first."""

    def __post_init__(self) -> None:
        if self.engine != "lists" and (self.shards > 1 or self.durability == "replica"):
            raise ValueError('shards and durability = "replica" are for engine "lists" only')
        if not self.priorities:
            raise ValueError("a queue needs at least one priority")
        if self.max_running_per_user and self.fair != "user":
            raise ValueError('max_running_per_user needs fair = "user"')
        if self.max_running_per_user and self.engine == "rq":
            raise ValueError('max_running_per_user needs engine = "lists"')
        if taken := RESERVED & self.priorities.keys():
            raise ValueError(
                f"no priority may be called {', '.join(sorted(taken))}: the queue's own keys are"
            )
