"""Judgeline: a self-hosted judge whose heart is a job queue that loses nothing.

The library that the process types (``api``, ``workers``) share. ``queues`` and ``judging`` are pure
cores that know nothing of one another; ``store``, ``mail`` and ``events`` stand beside them; ``cli``
and ``up`` put them together.
"""

from importlib.metadata import version

__version__ = version("judgeline")
