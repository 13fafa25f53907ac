"""What a client says to its server: a relay that writes the commands down.

So that a floor can send byte for byte what the real consumer sends, whatever layers that goes through.
"""

import contextlib
import socket
import threading
from collections.abc import Iterator
from urllib.parse import urlsplit

import hiredis

Commands = list[list[bytes]]


@contextlib.contextmanager
def overheard(url: str) -> Iterator[tuple[str, Commands]]:
    """Give the URL of a relay to a redis:// URL, and the list that its commands are added to."""
    parts = urlsplit(url)
    said: Commands = []
    with socket.create_server(("127.0.0.1", 0)) as listener:
        relay = _Relay(listener, (parts.hostname or "", parts.port or 0), said)
        relay.start()
        try:
            yield f"redis://127.0.0.1:{listener.getsockname()[1]}{parts.path}", said
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            relay.join()


class _Relay(threading.Thread):
    """Takes connections until its listener is shut down."""

    def __init__(self, listener: socket.socket, upstream: tuple[str, int], said: Commands) -> None:
        super().__init__(daemon=True)
        self._listener = listener
        self._upstream = upstream
        self._said = said

    def run(self) -> None:
        """Serve each connection with two threads of its own, which end with it."""
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                server = socket.create_connection(self._upstream)
                for source, target, said in ((client, server, self._said), (server, client, None)):
                    threading.Thread(target=_pump, args=(source, target, said), daemon=True).start()


def _pump(source: socket.socket, target: socket.socket, said: Commands | None) -> None:
    reader = hiredis.Reader()
    with contextlib.suppress(OSError):
        while data := source.recv(65_536):
            if said is not None:
                reader.feed(data)
                while (command := reader.gets()) is not False:
                    said.append(command)
            target.sendall(data)
    for end in (source, target):
        with contextlib.suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)
