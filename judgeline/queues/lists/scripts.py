"""The Lua scripts: composed from their files, loaded once a server, called by their digest.

A script names the shared parts it uses in a line ``--#uses queue counters``; they are put before it. Every
script but ENQUEUE and ADMIT may run when the server is at its memory's end (``flags=allow-oom``), for a full
server that may not even take a job *off* its lists can never drain.
"""

import functools
import hashlib
from importlib.resources import files
from typing import Any

from redis import Redis
from redis.exceptions import NoScriptError, ResponseError

from judgeline.queues.wire import Wire

NEEDS_MEMORY = frozenset({"enqueue", "admit"})
FLAGS = "#!lua flags=allow-oom\n"
NO_FLAGS = "#!lua\n"
USES = "--#uses "


@functools.cache
def script_names() -> tuple[str, ...]:
    """Give the name of each script, sorted."""
    folder = files(__package__).joinpath("lua")
    return tuple(sorted(entry.name[:-4] for entry in folder.iterdir() if entry.name.endswith(".lua")))


@functools.cache
def script_text(name: str, *, flagged: bool = True) -> str:
    """Give a script with its shared parts, ready for SCRIPT LOAD.

    ``flagged`` is false for servers that do not know the ``#!lua`` line: fakeredis, in tests.
    """
    folder = files(__package__).joinpath("lua")
    text = folder.joinpath(f"{name}.lua").read_text("utf-8")
    uses = next(line for line in text.splitlines() if line.startswith(USES))
    parts = [folder.joinpath("shared", f"{part}.lua").read_text("utf-8") for part in uses.split()[1:]]
    head = "" if not flagged else NO_FLAGS if name in NEEDS_MEMORY else FLAGS
    return head + "".join([*parts, text])


class Scripts:
    """The scripts on one server. Safe to share between threads, not across a fork."""

    def __init__(self, client: Redis, prefix: str, settings: bytes) -> None:
        self._client = client
        self._wire = Wire(client)
        self._prefix = prefix
        self._settings = settings
        self._digests: dict[str, str] = {}

    def run(self, name: str, *arguments: str | bytes | int) -> Any:
        """Run a script in one round trip; the first call, and one after SCRIPT FLUSH, load all before."""
        if not self._digests:
            self._load()
        try:
            return self._evalsha(name, arguments)
        except NoScriptError:
            self._load()
            return self._evalsha(name, arguments)

    def _evalsha(self, name: str, arguments: tuple[str | bytes | int, ...]) -> Any:
        return self._wire.call("EVALSHA", self._digests[name], 1, self._prefix, self._settings, *arguments)

    def _load(self) -> None:
        flagged = self._knows_flags()
        texts = {name: script_text(name, flagged=flagged) for name in script_names()}
        with self._client.pipeline(transaction=False) as pipeline:
            for text in texts.values():
                pipeline.script_load(text)
            pipeline.execute()
        # SHA-1 is how Redis names a script; it protects nothing.
        self._digests = {
            name: hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()
            for name, text in texts.items()
        }

    def _knows_flags(self) -> bool:
        try:  # with the flag, for a full server must answer, too
            self._client.eval(FLAGS + "return 1", 0)
        except ResponseError as error:
            if "unexpected symbol" in str(error):
                return False
            raise
        return True
