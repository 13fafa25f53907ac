"""Server-sent events of one job: what happens to it, until it has ended.

::

    event: queued | delayed | running    data: {"status", "attempt", "position"?}
    event: progress                      data: {"status", "attempt", "stage", "test", "tests_total"}
    event: verdict                       data: the whole thing, as GET gives it; the last event

``verdict`` ends every stream, also that of a dead or cancelled job (its ``status`` says so). An ``id:`` names
the state it tells of, so a client that comes back with ``Last-Event-ID`` is not told the same again; one that
has seen the end gets 204, on which browsers stop coming back. Comments keep proxies from closing a silent
stream.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import msgspec
from flask import Response

from api.reading import Reading, Status, channel_of, position, read
from api.services import Services
from api.waiting import REREAD_S, TICK_S, hung_up
from judgeline.events import Wake, Watch
from judgeline.judging.verdicts import Progress
from judgeline.queues.errors import QueueUnavailable
from judgeline.queues.job import Event, JobState
from judgeline.store.errors import StoreUnavailable
from judgeline.store.rows import JobRow

HEARTBEAT_S = 15.0
RETRY_MS = 1_000
"""How long a browser waits before it comes back, milliseconds."""

_encode = msgspec.json.Encoder().encode
_progress = msgspec.json.Decoder(Progress)


class StateEvent(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The data of the events queued, delayed and running."""

    status: Status
    attempt: int
    position: int | None = None
    """About how many jobs start before it."""


class ProgressEvent(msgspec.Struct, frozen=True, kw_only=True):
    """The data of the event progress."""

    status: Status
    attempt: int
    stage: str
    test: int
    tests_total: int


class Stream:
    """One client's stream. Owns one slot, given back when the response is closed."""

    def __init__(
        self,
        services: Services,
        row: JobRow,
        view: Callable[[Reading, int | None], Any],
        environ: Mapping[str, Any],
        last_id: str,
    ) -> None:
        self._services = services
        self._row = row
        self._view = view
        self._environ = environ
        self._told = last_id
        self._furthest: tuple[int, bool, int] = (0, False, -1)
        """The progress told of: what was read a moment ago may be ahead of events still to be heard."""

    def response(self) -> Response:
        """The streaming response; closing it gives the slot back, started or not."""
        if self._told.startswith("end."):
            self._services.slots.give_back()
            return Response(status=204)
        if self._environ["REQUEST_METHOD"] == "HEAD":
            self._services.slots.give_back()  # Werkzeug drops the body of these unclosed
            return Response(content_type="text/event-stream")
        response = Response(self._events(), content_type="text/event-stream")
        response.headers["Cache-Control"] = "no-store"
        response.headers["X-Accel-Buffering"] = "no"  # nginx would hold events back
        response.call_on_close(self._services.slots.give_back)
        return response

    def _events(self) -> Iterator[bytes]:
        channel = channel_of(self._services, self._row)
        yield f"retry: {RETRY_MS}\n\n".encode()
        with self._services.listener.watch(channel) as watch:
            yield from self._until_ended(watch)

    def _until_ended(self, watch: Watch) -> Iterator[bytes]:
        said_at = time.monotonic()
        read_at = 0.0
        happening: Event | Wake | None = Wake.CATCH_UP
        while not (self._services.stopping() or hung_up(self._environ)):
            ended = isinstance(happening, Event) and happening.state.terminal
            chunks: list[bytes] = []
            if happening is Wake.CATCH_UP or ended or time.monotonic() - read_at >= REREAD_S:
                chunks, ended = self._reread()
                read_at = time.monotonic()
            elif isinstance(happening, Event):
                chunks = self._of_event(happening)
            if not chunks and time.monotonic() - said_at >= HEARTBEAT_S:
                chunks = [b": still here\n\n"]
            for chunk in chunks:
                said_at = time.monotonic()
                yield chunk
            if ended:
                return
            happening = watch.wait(TICK_S)

    def _reread(self) -> tuple[list[bytes], bool]:
        """What reading the job tells, and whether it has ended. A Redis or store away tells nothing."""
        try:
            reading = read(self._services, self._row)
            place = position(self._services, reading)
        except (QueueUnavailable, StoreUnavailable):
            return [], False
        if reading.ended:
            return self._tell(f"end.{reading.attempt}", "verdict", self._view(reading, None)), True
        chunks = self._state(reading.status, reading.attempt, place)
        if reading.progress is not None:
            chunks += self._progress(reading.attempt, reading.progress)
        return chunks, False

    def _of_event(self, event: Event) -> list[bytes]:
        if not bytes(event.progress):
            return self._state(Status(event.state.value), event.attempt, None)
        try:
            progress = _progress.decode(event.progress)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return []
        return self._progress(event.attempt, progress)

    def _state(self, status: Status, attempt: int, place: int | None) -> list[bytes]:
        if status is Status.RUNNING and self._told.startswith(f"{attempt}.running"):
            return []  # told already, perhaps with progress since
        return self._tell(
            f"{attempt}.{status.value}",
            status.value,
            StateEvent(status=status, attempt=attempt, position=place),
        )

    def _progress(self, attempt: int, progress: Progress) -> list[bytes]:
        here = (attempt, progress.stage != "compiling", progress.test)
        if here <= self._furthest:
            return []
        self._furthest = here
        data = ProgressEvent(
            status=Status(JobState.RUNNING.value),
            attempt=attempt,
            stage=progress.stage,
            test=progress.test,
            tests_total=progress.tests_total,
        )
        return self._tell(f"{attempt}.running.{progress.stage}.{progress.test}", "progress", data)

    def _tell(self, id_: str, name: str, data: Any) -> list[bytes]:
        """One event, unless its id was the last one told."""
        if id_ == self._told:
            return []
        self._told = id_
        return [b"id: %b\nevent: %b\ndata: %b\n\n" % (id_.encode(), name.encode(), _encode(data))]
