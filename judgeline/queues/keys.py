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
``depth``                             hash      parked:, delayed:, bytes:<priority> -> how many of them
``credits``                           hash      priority -> credit of the weighted round robin
``paused``                            set       priorities that are not claimed from
``totals``, ``drained``               hash      counters; jobs ended per five seconds of the last minute
``troubles``                          hash      supervisor -> why its workers claim nothing (``troubles.py``)
``epoch``                             string    missing = the server was emptied
``events:<id>``                       channel   what happened to a job (sharded pub/sub)
====================================  ========  =========================================================
"""

RESERVED = frozenset({
    "behind", "backup", "job", "workers", "sequences", "delayed", "dead", "unrecorded", "wake", "turns",
    "depth", "credits", "paused", "totals", "drained", "epoch", "events", "troubles",
})  # fmt: skip
"""Names no priority may have: a priority's list has no word of its own before its name."""

CAPPED = frozenset({"credits", "totals", "drained", "epoch", "paused", "wake", "troubles"})
"""What an idle queue keeps: a fixed number of small fields, however many jobs it has seen."""


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
