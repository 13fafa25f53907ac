"""How the processes log; what they say is worded beside each of them.

People get lines, programs get JSON, one object a line, on standard output. JUDGELINE_LOG_FORMAT (console or
json) chooses; unset, a terminal gets lines and everything else JSON. ``judgeline up`` sets it for what it
starts, whose output passes through the process manager's pipe to the same terminal. JUDGELINE_LOG_LEVEL is
debug, info (the default), warning or error.
"""

import contextlib
import logging
import os
import sys
from collections.abc import Mapping
from typing import Any

import structlog

from judgeline.config.errors import ConfigError

FORMAT = "JUDGELINE_LOG_FORMAT"
LEVEL = "JUDGELINE_LOG_LEVEL"
_LEVELS = {
    "debug": logging.DEBUG,
    "info": logging.INFO,
    "warning": logging.WARNING,
    "error": logging.ERROR,
}


class _Output:
    """Standard output, unbuffered: a line a write, which several processes may share.

    A line that nobody can take is dropped: when the process manager is killed our pipe has no reader, and the
    drain that this asks for must not fail for a line of log.
    """

    def msg(self, line: str) -> None:
        """Write a line."""
        with contextlib.suppress(OSError):
            os.write(1, line.encode(errors="replace") + b"\n")

    debug = info = warning = error = critical = msg


def configure(environ: Mapping[str, str] = os.environ, **bound: Any) -> None:
    """Set structlog up for this process; ``bound`` (the queue's name) stands in every line.

    Raises ConfigError for a format or level that is none.
    """
    shape = _choice(environ, FORMAT, "console" if sys.stdout.isatty() else "json", ("console", "json"))
    level = _choice(environ, LEVEL, "info", tuple(_LEVELS))
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            *(_for_people(environ) if shape == "console" else _for_programs()),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(_LEVELS[level]),
        logger_factory=lambda *_: _Output(),
        cache_logger_on_first_use=True,
    )
    structlog.contextvars.bind_contextvars(**bound)


def _for_people(environ: Mapping[str, str]) -> list[Any]:
    # A process manager puts the time before each line itself; so does nobody on a bare terminal.
    clock = [] if not sys.stdout.isatty() else [structlog.processors.TimeStamper(fmt="%H:%M:%S", utc=False)]
    lines = structlog.dev.ConsoleRenderer(
        colors="NO_COLOR" not in environ,
        pad_event_to=0,
        exception_formatter=structlog.dev.plain_traceback,  # the others print local variables: sources, keys
    )
    return [*clock, lines]


def _for_programs() -> list[Any]:
    return [
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        structlog.processors.JSONRenderer(),
    ]


def _choice(environ: Mapping[str, str], variable: str, default: str, known: tuple[str, ...]) -> str:
    value = environ.get(variable) or default
    if value not in known:
        raise ConfigError("environment", variable, f"{value!r} is none of {', '.join(known)}")
    return value
