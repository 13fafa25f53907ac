"""The engine of our own: Redis lists, one backup list a worker, and Lua scripts that each do one step whole.

``ListsEngine`` fills and watches a queue, ``ListsConsumer`` works it. ``lua/`` holds one script a file, each
opening with its keys, arguments and guarantee.
"""

from judgeline.queues.lists.consumer import ListsConsumer
from judgeline.queues.lists.engine import ListsEngine

__all__ = ["ListsConsumer", "ListsEngine"]
