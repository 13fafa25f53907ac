"""What the store can refuse.

::

    StoreError
    ├── StoreUnavailable      locked, unreachable or full for now; what was asked may be asked again
    ├── StoreUnfit            the file or the schema cannot be used; ``cure`` says what to do
    │   └── BadAddress        DATABASE_URL itself is wrong
    ├── IdempotencyConflict   the same Idempotency-Key came with another request
    ├── UnknownKey            no API key has this id
    ├── UnknownRejudge        no rejudge has this id
    ├── RejudgeClosed         it was applied or discarded before
    ├── RejudgeUnfinished     it cannot be applied: not all of it is judged
    └── BadName               an owner or label that no key may have
"""

from judgeline.errors import JudgelineError


class StoreError(JudgelineError):
    """The store refused, or cannot be reached."""


class StoreUnavailable(StoreError):
    """The database did not serve in time; what was asked may be asked again.

    Nothing was written, unless a connection to PostgreSQL broke in the commit itself: then nobody knows.
    """


class StoreUnfit(StoreError):
    """The database cannot be used as it is. ``cure`` is what mends it."""

    def __init__(self, reason: str, cure: str) -> None:
        super().__init__(f"{reason}; {cure}")
        self.reason = reason
        self.cure = cure


class BadAddress(StoreUnfit):
    """DATABASE_URL is no address of a database that can be used. The text never repeats it."""


class IdempotencyConflict(StoreError):
    """An Idempotency-Key came again with another request."""

    def __init__(self, key: str, first_id: str) -> None:
        super().__init__(f"the Idempotency-Key {key!r} was used for another request ({first_id})")
        self.key = key
        self.first_id = first_id
        """The id that the first request got."""


class UnknownKey(StoreError):
    """No API key has this id."""


class UnknownRejudge(StoreError):
    """No rejudge has this id."""


class RejudgeClosed(StoreError):
    """A rejudge was applied or discarded before; or it is not yet, or no more, being put together."""


class RejudgeUnfinished(StoreError):
    """Not all submissions of a rejudge are judged."""


class BadName(StoreError):
    """An API key's owner or label cannot be that."""
