"""The database: what is accepted, what became of it, who may do what.

``database`` opens it and makes transactions; ``jobs``, ``recording`` and ``keys`` are the verbs, which all
take a connection; ``rows`` is what goes in and out; ``schema`` are the tables, ``migrate`` makes them.
"""

from judgeline.store.database import Store, open_store
from judgeline.store.rows import Accepted, JobRow, NewJobRow, RowState

__all__ = ["Accepted", "JobRow", "NewJobRow", "RowState", "Store", "open_store"]
