"""The Lua scripts: composed from their files, loaded once a server, called by their digest.

A script names the shared parts it uses in a line ``--#uses queue counters``; they are put before it, and
a part may name others. ``--#lazy adopt bury = endings adoption`` puts parts into one function ``rarely``,
which makes what is in them when it is called: ``rarely('bury', id)``. A server runs a script from its first
line each time, and to make a function that nobody calls takes 0.1 us.

What every job passes through has the settings in its text instead of decoding them each time (3 us of 70).

Every script but ENQUEUE, ADMIT and FIRE may run when the server is at its memory's end (``flags=allow-oom``),
for a full server that may not even take a job *off* its lists can never drain.
"""

import functools
import hashlib
from collections.abc import Callable, Iterator
from importlib.resources import files
from typing import Any

import msgspec
from redis import Redis
from redis.exceptions import NoScriptError, ResponseError

from judgeline.queues.lists.settings import lua_of
from judgeline.queues.wire import Wire

SETTLED = frozenset({"claim", "finish"})
"""Scripts with the settings in their text. A server keeps each text it was ever given, so these are few."""
NEEDS_MEMORY = frozenset({"enqueue", "admit", "fire"})
FLAGS = "#!lua flags=allow-oom\n"
NO_FLAGS = "#!lua\n"
USES = "--#uses "
LAZY = "--#lazy "
CONFIRM_MS, DOUBT_MS = 500, 50
"""How long to wait for a replica, milliseconds, and how long where none confirmed the last time: one that is
gone must not cost every job as much. Both below ANSWER_S, after which the server counts as silent."""


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
    text = files(__package__).joinpath("lua", f"{name}.lua").read_text("utf-8")
    head = "" if not flagged else NO_FLAGS if name in NEEDS_MEMORY else FLAGS
    return head + with_parts(text, shared_part)


def shared_part(name: str) -> str:
    """Give the text of one part."""
    return files(__package__).joinpath("lua", "shared", f"{name}.lua").read_text("utf-8")


def with_parts(text: str, part: Callable[[str], str], known: set[str] | None = None) -> str:
    """Put before a text the parts it names, and those they name, but what is ``known`` where it stands."""
    known = set() if known is None else known
    parts: list[str] = []
    for line in text.splitlines():
        if line.startswith(USES):
            parts += _parts(line.split()[1:], part, known)
        elif line.startswith(LAZY):
            functions, names = line.removeprefix(LAZY).split(" = ")
            inside = "".join(_parts(names.split(), part, set(known)))
            made = ", ".join(f"{function} = {function}" for function in functions.split())
            parts.append(
                f"local function rarely(called, ...)\n{inside}return ({{ {made} }})[called](...)\nend\n"
            )
    return "".join([*parts, text])


def _parts(names: list[str], part: Callable[[str], str], known: set[str]) -> Iterator[str]:
    for name in names:
        if name not in known:
            known.add(name)
            yield with_parts(part(name), part, known)


def settled(text: str, settings: bytes) -> str:
    """Give a script with the settings (JSON) in its text."""
    return text.replace("cjson.decode(ARGV[1])", lua_of(msgspec.json.decode(settings)), 1)


class Scripts:
    """The scripts on one server. Safe to share between threads, not across a fork."""

    def __init__(self, client: Redis, prefix: str, settings: bytes) -> None:
        self._client = client
        self._wire = Wire(client)
        self._prefix = prefix
        self._settings = settings
        self._given = {name: b"" if name in SETTLED else settings for name in script_names()}
        self._digests: dict[str, str] = {}
        self._replicated = True

    def run(self, name: str, *arguments: str | bytes | int) -> Any:
        """Run a script in one round trip; the first call, and one after SCRIPT FLUSH, load all before."""
        if not self._digests:
            self._load()
        try:
            return self._evalsha(name, arguments)
        except NoScriptError:
            self._load()
            return self._evalsha(name, arguments)

    def ask(self, *command: str | bytes | int) -> Any:
        """Send a command that is no script, on the same connections."""
        return self._wire.call(*command)

    def run_confirmed(self, name: str, *arguments: str | bytes | int) -> tuple[Any, bool]:
        """Run a script, and wait until a replica has what it wrote; gives whether one has said so in time.

        All in one round trip. A script that was sent twice may write nothing the second time, and WAIT would
        then wait for nothing: so something is written behind it.
        """
        if not self._digests:
            self._load()
        try:
            return self._confirmed(name, arguments)
        except NoScriptError:
            self._load()
            return self._confirmed(name, arguments)

    def _confirmed(self, name: str, arguments: tuple[str | bytes | int, ...]) -> tuple[Any, bool]:
        reply, _, replicas = self._wire.call_all(
            ("EVALSHA", self._digests[name], 1, self._prefix, self._given[name], *arguments),
            ("SET", f"{self._prefix}confirmed", "1", "PX", 1000),
            ("WAIT", 1, CONFIRM_MS if self._replicated else DOUBT_MS),
        )
        self._replicated = replicas >= 1
        return reply, self._replicated

    def _evalsha(self, name: str, arguments: tuple[str | bytes | int, ...]) -> Any:
        return self._wire.call("EVALSHA", self._digests[name], 1, self._prefix, self._given[name], *arguments)

    def _load(self) -> None:
        flagged = self._knows_flags()
        texts = {name: script_text(name, flagged=flagged) for name in script_names()}
        texts |= {name: settled(texts[name], self._settings) for name in SETTLED}
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
