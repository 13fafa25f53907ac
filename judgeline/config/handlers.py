"""The handlers that a queue may name.

Here, not in ``workers``, so that ``judgeline config check`` and the API refuse another name without importing
what works the jobs. ``workers.handlers`` has one factory for each.
"""

HANDLERS = ("judge", "email", "noop")
"""judge: submissions and runs; email: e-mails; noop: for tests and benchmarks, does as the payload says."""
