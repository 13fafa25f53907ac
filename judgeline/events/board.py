"""Who watches what: the one thing that watching threads and the listening thread share."""

import contextlib
import socket
import threading

from judgeline.events.watch import Wake, Watch


class Board:
    """Watching threads write it, the subscriber's thread reads it and is woken by it."""

    def __init__(self) -> None:
        self.readable, self._writable = socket.socketpair()
        self.readable.setblocking(False)
        self._writable.setblocking(False)
        self.stopping = False
        self._lock = threading.Lock()
        self._watches: dict[str, list[Watch]] = {}
        self._confirmed: set[str] = set()
        self._changed: set[str] = set()

    def add(self, watch: Watch) -> None:
        """Somebody watches; confirmed at once where the channel is."""
        with self._lock:
            self._watches.setdefault(watch.channel, []).append(watch)
            if watch.channel in self._confirmed:
                watch.confirmed.set()
                return
            self._changed.add(watch.channel)
        self._nudge()

    def expect_late(self, watch: Watch) -> None:
        """Its owner goes on without the confirmation, and must be woken when it comes."""
        with self._lock:
            if not watch.confirmed.is_set():
                watch.wake_when_confirmed = True

    def remove(self, watch: Watch) -> None:
        """Somebody watches no more; a channel that nobody watches is left."""
        with self._lock:
            mates = self._watches[watch.channel]
            mates.remove(watch)
            if mates:
                return
            del self._watches[watch.channel]
            self._confirmed.discard(watch.channel)
            self._changed.add(watch.channel)
        self._nudge()

    def take_changes(self) -> list[tuple[str, bool]]:
        """Channels that were taken up or left since the last call, and whether somebody watches them now."""
        with self._lock:
            changes = [(channel, channel in self._watches) for channel in self._changed]
            self._changed.clear()
            return changes

    def confirm(self, channel: str) -> None:
        """What is published on the channel from now on arrives."""
        with self._lock:
            if channel not in self._watches:
                return
            self._confirmed.add(channel)
            for watch in self._watches[channel]:
                watch.confirmed.set()
                if watch.wake_when_confirmed:
                    watch.wake_when_confirmed = False
                    watch.deliver(Wake.CATCH_UP)

    def deliver(self, channel: str, data: bytes) -> None:
        """Hand a message to all who watch its channel."""
        with self._lock:
            for watch in self._watches.get(channel, ()):
                watch.deliver(data)

    def lose(self) -> None:
        """The connection is gone: nothing is confirmed, everything must be asked for again."""
        with self._lock:
            for channel in self._confirmed:
                for watch in self._watches[channel]:
                    watch.confirmed.clear()
                    watch.wake_when_confirmed = True
            self._confirmed.clear()
            self._changed = set(self._watches)

    def stop(self) -> None:
        """Ask the subscriber to end."""
        self.stopping = True
        self._nudge()

    def close(self) -> None:
        """Give the descriptors back; once the subscriber has ended, or was left behind by a fork."""
        self.readable.close()
        self._writable.close()

    def _nudge(self) -> None:
        with contextlib.suppress(OSError):  # a full buffer wakes as well, and a closed one has nobody to wake
            self._writable.send(b"x")
