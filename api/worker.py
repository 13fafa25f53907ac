"""gunicorn's threaded worker, mended where a single client could hold up all the others."""

import contextlib
import logging
import socket
import struct
import threading
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from gunicorn import util
from gunicorn.workers.gthread import ThreadWorker

SILENCE_S = 5
"""How long a request may stop in its middle: as long as gunicorn waits for its beginning."""
UNREAD_S = 20
"""How long a client may leave unread what fills its connection's buffers."""
LINGERING = 8
"""Connections that may be closing at once; one more is closed without patience."""
MOST_DRAINED = 16_777_216
"""Bytes of a refused body that are read away while its connection closes: who is cut off while it still sends
never reads the refusal."""


class Worker(ThreadWorker):  # type: ignore[misc]
    """Adds to gunicorn's gthread what it lacks (27.0).

    A client that stops in the middle of its request, or does not read its answer, would keep its thread for
    ever; a telephone that has left its network does just that. And a connection that ends is given up to
    two seconds for the client to close it, too: by gunicorn in the loop that accepts all others, here aside.
    """

    def run(self) -> None:
        """Serve until told to stop."""
        self._lingering = threading.Semaphore(LINGERING)
        self._closers = ThreadPoolExecutor(LINGERING, thread_name_prefix="close")
        self.log.error_log.addFilter(_of_interest)
        for listener in self.sockets:
            bound_silence(listener)
        super().run()

    def finish_request(self, conn: Any, fs: "Future[Any]") -> None:
        """After a request, in the accepting loop: keep the connection, or let others see it off."""
        with contextlib.suppress(Exception):
            if not fs.cancelled() and fs.result():
                super().finish_request(conn, fs)
                return
        self.nr_conns -= 1
        if self._lingering.acquire(blocking=False):
            self._closers.submit(self._close, conn.sock)
        else:
            conn.close()

    def _close(self, connection: socket.socket) -> None:
        try:
            util.close_graceful(connection, max_drain=MOST_DRAINED)
        finally:
            self._lingering.release()


def bound_silence(listener: Any) -> None:
    """Let the kernel end silent reads and writes on each connection that this socket accepts."""
    for option, seconds in ((socket.SO_RCVTIMEO, SILENCE_S), (socket.SO_SNDTIMEO, UNREAD_S)):
        listener.setsockopt(socket.SOL_SOCKET, option, struct.pack("ll", seconds, 0))


def _of_interest(record: logging.LogRecord) -> bool:
    """Not the traceback of a silence that was ended: anybody could fill the log with them."""
    return not (record.exc_info and isinstance(record.exc_info[1], BlockingIOError))
