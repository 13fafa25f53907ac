"""The names of a queue's keys on Redis.

All of a queue's keys share one hash tag, so that every script works on one slot and the same code runs on one
server, behind Sentinel and on a cluster. With ``jl:{submissions}:`` before each:

====================================  ========  =========================================================
key                                   type      holds
====================================  ========  =========================================================
``<priority>``                        list      ids waiting: LPUSH in, taken from the right
``behind:<priority>:<user>``          list      a user's other ids; the list above has the head of each line
``backup:<worker>``                   list      what a worker holds: the backup queue
``job:<id>``                          hash      payload, digest, state, priority, user, attempt, result ...
``workers``                           zset      worker -> lease deadline, of idle ones, too
``sequences``                         hash      worker -> number of its last claim
``delayed``                           zset      id -> when it is due
``dead``                              zset      id of a dead letter -> when it died
``unrecorded``                        zset      id of an ended job the store does not have -> when it ended
``wake:<priority>``                   zset      the wake marker: one member, popped by whoever waits
``turns``                             hash      <priority>:<user> -> ids of that user on the priority's list
``running:<user>``                    set       ids a user has running (with ``max_running_per_user``)
``capped``                            zset      <priority>:<user> held back by that bound -> since when
``depth``                             hash      parked:, delayed:, bytes:<priority> -> how many of them;
                                                delayed:<priority>:<user> -> those enqueued with a delay
``credits``                           hash      priority -> credit of the weighted round robin
``paused``                            set       priorities that are not claimed from; ":closed": no new jobs
``totals``                            hash      counters; histograms of how long jobs waited and ran
``reaped``                            zset      the last 100 workers whose lease lapsed -> when
``arrived``, ``drained``              hash      jobs come in and ended, each five seconds of the last minute
``troubles``                          hash      supervisor -> why its workers claim nothing (``troubles.py``)
``schedules``                         hash      <name>:<digest of cron and zone> -> the slot last fired
``confirmed``                         string    written for a replica to confirm; gone after a second
``shards``                            string    in how many parts the queue is, where it is more than one
``epoch``                             string    missing = the server was emptied
``events:<id>``                       channel   what happened to a job (sharded pub/sub)
====================================  ========  =========================================================
"""

RESERVED = frozenset({
    "behind", "backup", "job", "workers", "sequences", "delayed", "dead", "unrecorded", "wake", "turns",
    "running", "capped", "depth", "confirmed", "credits", "paused", "totals", "arrived", "drained",
    "epoch", "events", "reaped", "shards", "troubles", "schedules",
})  # fmt: skip
"""Names no priority may have: a priority's list has no word of its own before its name."""

CAPPED = frozenset({
    "credits", "totals", "arrived", "drained", "epoch", "paused", "wake", "reaped", "troubles",
    "schedules", "shards",
})  # fmt: skip
"""What an idle queue keeps: a fixed number of small fields, however many jobs it has seen."""


def tag_of(key: str) -> str:
    """Give the hash tag of a key or channel, the key itself where it has none."""
    _, opened, rest = key.partition("{")
    tag, closed, _ = rest.partition("}")
    return tag if opened and closed and tag else key


class Keys:
    """The keys of one queue."""

    def __init__(self, queue: str) -> None:
        self.prefix = f"jl:{{{queue}}}:"

    def waiting(self, priority: str) -> str:
        """Give the list of a priority."""
        return f"{self.prefix}{priority}"

    def behind(self, priority: str, user: str) -> str:
        """Give the list of a user's other ids."""
        return f"{self.prefix}behind:{priority}:{user}"

    def backup(self, worker: str) -> str:
        """Give a worker's backup list."""
        return f"{self.prefix}backup:{worker}"

    def job(self, job_id: str) -> str:
        """Give the hash of a job."""
        return f"{self.prefix}job:{job_id}"

    def wake(self, priority: str) -> str:
        """Give the wake marker of a priority."""
        return f"{self.prefix}wake:{priority}"

    def events(self, job_id: str) -> str:
        """Give the channel of a job's events."""
        return f"{self.prefix}events:{job_id}"

    def named(self, name: str) -> str:
        """Give one of the keys that are there once: workers, delayed, dead, totals ..."""
        return f"{self.prefix}{name}"
