"""Points in time on the command line: so long ago, or a date and time."""

import datetime as dt
import re
import time

import click

_AGO = re.compile(r"(\d+(?:\.\d+)?)([smhd])")
_SECONDS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}


class Moment(click.ParamType[int]):
    """Gives Unix milliseconds: of "90s", "15m", "2h" or "1.5d" ago, or of an ISO date and time, local if it
    does not say where."""  # noqa: D205, D209 - one sentence

    name = "time"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Read it."""
        if isinstance(value, int):
            return value
        text = str(value).strip()
        if ago := _AGO.fullmatch(text):
            return round((time.time() - float(ago[1]) * _SECONDS[ago[2]]) * 1000)
        try:
            return round(dt.datetime.fromisoformat(text).timestamp() * 1000)
        except (ValueError, OverflowError, OSError):
            self.fail(f"{text!r} is neither 90s, 15m, 2h or 1d (ago) nor 2026-01-31T12:00", param, ctx)
