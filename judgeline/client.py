"""A small client of the HTTP API: submit, follow, cancel. Knows nothing of how the server works.

client = Client("http://127.0.0.1:8000", key="<id.secret>")
accepted = client.submit(problem="aplusb", language="python3", source="print(sum(map(int, input().split())))")
for event in client.events(accepted["links"]["events"]):
    ...
"""

import contextlib
import time
from collections.abc import Iterator
from typing import Any, NamedTuple
from urllib.parse import urljoin

import msgspec
import urllib3

from judgeline.errors import JudgelineError

_PAUSES_S = (0.0, 0.2, 0.5, 1.0, 2.0, 4.0)
"""Waits before an event stream is taken up again; a server that is restarted is back within them."""
_TERMINAL = {"done", "dead", "cancelled"}
_CONNECT_S = 3
_SILENCE_S = 60
"""An event stream sends a heartbeat well within this many seconds."""


class ClientError(JudgelineError):
    """The server refused (``status`` and its problem document) or could not be reached (status 0)."""

    def __init__(self, status: int, problem: dict[str, Any]) -> None:
        detail = str(problem.get("detail") or problem.get("title") or "no reason given")
        faults = problem.get("errors") or []
        fields = [f"{fault['field']}: {fault['reason']}" for fault in faults if isinstance(fault, dict)]
        super().__init__("; ".join([detail, *(field for field in fields if field not in detail)]))
        self.status = status
        self.problem = problem


class ServerEvent(NamedTuple):
    """One server-sent event: its name and its data, decoded from JSON."""

    name: str
    data: Any


class Client:
    """One API server, one key (or none). Safe for threads; ``close`` drops its connections."""

    def __init__(self, url: str, key: str = "") -> None:
        self._url = url if url.endswith("/") else url + "/"
        self._headers = {"Accept": "application/json"} | ({"Authorization": f"Bearer {key}"} if key else {})
        self._pool = urllib3.PoolManager(
            timeout=urllib3.Timeout(connect=_CONNECT_S, read=_SILENCE_S), retries=False
        )

    def submit(
        self, *, problem: str, language: str, source: str, idempotency_key: str = ""
    ) -> dict[str, Any]:
        """Submit code for a problem; gives the 202's body: id, status, links."""
        extra = {"Idempotency-Key": idempotency_key} if idempotency_key else {}
        body = {"problem": problem, "language": language, "source": source}
        return self._call("POST", "v1/submissions", body, extra)

    def address(self, path: str) -> str:
        """The whole address of a path of the API."""
        return urljoin(self._url, path)

    def get(self, path: str) -> dict[str, Any]:
        """GET a path of the API, e.g. a ``links.self``."""
        return self._call("GET", path)

    def cancel(self, path: str) -> dict[str, Any]:
        """DELETE a path of the API, e.g. a submission's ``links.self``."""
        return self._call("DELETE", path)

    def events(self, path: str) -> Iterator[ServerEvent]:
        """Follow a submission's event stream until its state is terminal.

        A stream that breaks off, or that the server has no thread for now, is taken up again. Raises
        ClientError for another refusal, and when eight seconds of trying gave no event.
        """
        failures = 0
        while failures < len(_PAUSES_S):
            time.sleep(_PAUSES_S[failures])
            failures += 1
            with contextlib.suppress(urllib3.exceptions.HTTPError, _Busy):
                for event in self._stream(path):
                    failures = 0
                    yield event
                    if event.data.get("status") in _TERMINAL:
                        return
        raise ClientError(0, {"detail": f"the event stream at {self._url} keeps breaking off"})

    def _stream(self, path: str) -> Iterator[ServerEvent]:
        response = self._pool.request(
            "GET",
            self.address(path),
            headers=self._headers | {"Accept": "text/event-stream"},
            preload_content=False,
        )
        try:
            if response.status == 503:
                raise _Busy
            if response.status != 200:
                raise _refusal(response.status, response.read())
            try:
                yield from parse_events(line.decode() for line in response)
            except (msgspec.DecodeError, UnicodeDecodeError):
                raise _stranger(self.address(path)) from None
        finally:
            response.release_conn()

    def _call(
        self, method: str, path: str, body: object = None, extra: dict[str, str] | None = None
    ) -> dict[str, Any]:
        headers = self._headers | (extra or {})
        if body is not None:
            headers["Content-Type"] = "application/json"
        try:
            response = self._pool.request(
                method,
                self.address(path),
                body=None if body is None else msgspec.json.encode(body),
                headers=headers,
            )
        except urllib3.exceptions.HTTPError as error:
            raise ClientError(0, {"detail": f"no answer from {self._url} ({type(error).__name__})"}) from None
        if response.status >= 400:
            raise _refusal(response.status, response.data)
        try:
            return msgspec.json.decode(response.data, type=dict[str, Any])
        except (msgspec.DecodeError, UnicodeDecodeError):
            raise _stranger(self.address(path)) from None

    def close(self) -> None:
        """Drop all connections."""
        self._pool.clear()


def parse_events(lines: Iterator[str]) -> Iterator[ServerEvent]:
    """Read server-sent events (WHATWG HTML, section 9.2.6) from lines: name, and data as JSON."""
    name, data = "message", list[str]()
    for raw in lines:
        line = raw.rstrip("\r\n")
        field, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if not line:
            if data:
                yield ServerEvent(name, msgspec.json.decode("\n".join(data)))
            name, data = "message", []
        elif field == "event":
            name = value
        elif field == "data":
            data.append(value)


class _Busy(Exception):
    """The server has no thread for a stream now."""


def _stranger(address: str) -> ClientError:
    return ClientError(0, {"detail": f"what answers at {address} is no Judgeline API"})


def _refusal(status: int, body: bytes) -> ClientError:
    try:
        problem = msgspec.json.decode(body, type=dict[str, Any])
    except (msgspec.DecodeError, UnicodeDecodeError):
        problem = {"detail": f"HTTP {status}"}
    return ClientError(status, problem)
