"""The default output validator: token by token, as the package format defines it.

Whitespace is the six ASCII characters, letters are ASCII, a number is what the format's grammar says (no
nan, no inf, no hexadecimal, no underscores). Time is linear in the two texts and memory is bounded by their
longest token: an output may be one line of 100 MB or four million tokens.
"""

import itertools
import math
import re
from collections.abc import Iterator, Sequence
from typing import Self

import msgspec

_BLOCK = 64 << 10
_LONGEST_NUMBER = 1024
"""Bytes of a token that may be read as a number; printf's longest double has 317."""
_SHOWN = 40

_FLOAT = re.compile(rb"[+-]?(?:[0-9]*\.[0-9]+|[0-9]+\.|[0-9]+)(?:[Ee][+-]?[0-9]+)?")
_TOKEN = re.compile(rb"[^ \t\n\r\x0b\x0c]+")
_TOKEN_OR_SPACE = re.compile(rb"[^ \t\n\r\x0b\x0c]+|[ \t\n\r\x0b\x0c]+")
_TOKEN_END = re.compile(rb"(?<=[^ \t\n\r\x0b\x0c])[ \t\n\r\x0b\x0c]")
_SPACES = b" \t\n\r\x0b\x0c"


class Flags(msgspec.Struct, frozen=True, kw_only=True):
    """The default validator's flags. Tolerances are None where numbers are compared as text."""

    case_sensitive: bool = False
    space_change_sensitive: bool = False
    relative: float | None = None
    absolute: float | None = None

    @classmethod
    def parse(cls, arguments: Sequence[str]) -> Self:
        """The flags in a validator's arguments. Raises ValueError with what is wrong."""
        switches: set[str] = set()
        tolerances: dict[str, float] = {}
        rest = iter(arguments)
        for argument in rest:
            if argument in {"case_sensitive", "space_change_sensitive"}:
                switches.add(argument)
            elif argument in {"float_tolerance", "float_relative_tolerance", "float_absolute_tolerance"}:
                if argument in tolerances:
                    raise ValueError(f"{argument} stands twice")
                tolerances[argument] = _tolerance(argument, next(rest, ""))
            else:
                raise ValueError(f"there is no flag {argument[:60]!r}")
        if "float_tolerance" in tolerances and len(tolerances) > 1:
            raise ValueError(
                "float_tolerance cannot stand beside float_relative_tolerance or float_absolute_tolerance"
            )
        both = tolerances.get("float_tolerance")
        return cls(
            case_sensitive="case_sensitive" in switches,
            space_change_sensitive="space_change_sensitive" in switches,
            relative=tolerances.get("float_relative_tolerance", both),
            absolute=tolerances.get("float_absolute_tolerance", both),
        )


def compare(output: bytes, answer: bytes, flags: Flags) -> str:
    """What is wrong with the output, e.g. ``line 2, column 1 (token 3): expected 7, got 8``; else empty.

    The words quote the answer: show them for samples only.
    """
    if output == answer:
        return ""
    number = 0
    pairs = itertools.zip_longest(_tokens(output, flags), _tokens(answer, flags))
    for index, (got, expected) in enumerate(pairs):
        if expected is None or got is None or not _matches(got, expected, flags):
            where = f"{_position(output, flags, index)} (token {number + 1})"
            return f"{where}: expected {_show(expected)}, got {_show(got)}"
        number += not flags.space_change_sensitive or got[0] not in _SPACES
    return ""


def _tokens(text: bytes, flags: Flags) -> Iterator[bytes]:
    """The tokens in turn (the runs of whitespace too where they count), a block at a time."""
    pattern = _TOKEN_OR_SPACE if flags.space_change_sensitive else _TOKEN
    start = 0
    while start < len(text):
        # A block ends where a token ends, so that neither a token nor a run of whitespace is cut in two.
        end = _TOKEN_END.search(text, min(start + _BLOCK, len(text)))
        stop = end.start() if end else len(text)
        yield from pattern.findall(text[start:stop])
        start = stop


def _matches(got: bytes, expected: bytes, flags: Flags) -> bool:
    if got == expected:
        return True
    if flags.relative is not None or flags.absolute is not None:
        wanted = _number(expected)
        if wanted is not None:
            value = _number(got)
            return value is not None and _close(value, wanted, flags)
    if flags.case_sensitive or len(got) != len(expected):
        return False
    return got.lower() == expected.lower()


def _number(token: bytes) -> float | None:
    if len(token) > _LONGEST_NUMBER or not _FLOAT.fullmatch(token):
        return None
    return float(token)


def _close(value: float, wanted: float, flags: Flags) -> bool:
    if value == wanted:
        return True
    difference = abs(value - wanted)
    if not math.isfinite(difference):
        # The answer is past the largest double: relative to it anything would do.
        return False
    if flags.absolute is not None and difference <= flags.absolute:
        return True
    return flags.relative is not None and difference <= flags.relative * abs(wanted)


def _tolerance(flag: str, text: str) -> float:
    if not _FLOAT.fullmatch(text.encode()) or not 0 <= float(text) < float("inf"):
        raise ValueError(f"{flag} needs a number of at least 0 behind it, not {text[:40]!r}")
    return float(text)


def _position(output: bytes, flags: Flags, index: int) -> str:
    """Where the token of that index begins, or the output ends: lines and columns count from 1."""
    pattern = _TOKEN_OR_SPACE if flags.space_change_sensitive else _TOKEN
    found = next(itertools.islice(pattern.finditer(output), index, None), None)
    start = found.start() if found else len(output)
    line = output.count(b"\n", 0, start) + 1
    before = output[output.rfind(b"\n", 0, start) + 1 : start]
    return f"line {line}, column {len(before.decode(errors='replace')) + 1}"


def _show(token: bytes | None) -> str:
    """A token for people: short, printable, one line; None is the end."""
    if token is None:
        return "the end of the output"
    text = token[: _SHOWN + 1].decode(errors="replace")
    shown = text if text.isprintable() and " " not in text else ascii(text)
    return shown if len(token) <= _SHOWN else f"{shown[:_SHOWN]}..."
