"""The in-process engine: a queue in this process's memory, for tests, examples and programs of one process.

It keeps every promise of ``lists`` but those that need a server: nothing outlives the process, and there is
no list to LPUSH to by hand.
"""

from judgeline.queues.memory.engine import MemoryEngine

__all__ = ["MemoryEngine"]
