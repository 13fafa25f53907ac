"""Where a message of the Redis protocol (RESP 2 and 3) ends: all a proxy must know of what it carries."""

LINES = frozenset(b"+-:_,#(")
BULKS = frozenset(b"$=!")
AGGREGATES = {ord("*"): 1, ord("~"): 1, ord(">"): 1, ord("%"): 2, ord("|"): 2}
"""Kind -> frames an element of it has; an attribute (``|``) has the frame it speaks of after it."""
PUSH = ord(">")


class NotRespError(ValueError):
    """These bytes are no message of the protocol."""


def frame_end(data: bytearray, start: int) -> int:
    """Give where the message that begins at ``start`` ends, or -1 while it is not all there.

    Raises NotRespError.
    """
    missing, at = 1, start
    while missing:
        if at >= len(data):
            return -1
        kind = data[at]
        if kind not in LINES and kind not in BULKS and kind not in AGGREGATES:
            raise NotRespError(f"no message begins with {bytes(data[at : at + 1])!r}")
        line = data.find(b"\r\n", at)
        if line < 0:
            return -1
        missing -= 1
        if kind in BULKS:
            at = _past_bulk(data, at, line)
            if at > len(data):
                return -1
            continue
        if kind in AGGREGATES:
            missing += max(0, _number(data, at, line)) * AGGREGATES[kind] + (kind == ord("|"))
        at = line + 2
    return at


def frames(data: bytearray) -> list[bytes]:
    """Take the whole messages off the front of ``data`` and give them. Raises NotRespError."""
    found, start = [], 0
    while start < len(data) and (end := frame_end(data, start)) > 0:
        found.append(bytes(data[start:end]))
        start = end
    del data[:start]
    return found


def _past_bulk(data: bytearray, at: int, line: int) -> int:
    size = _number(data, at, line)
    return line + 2 if size < 0 else line + 4 + size


def _number(data: bytearray, at: int, line: int) -> int:
    try:
        return int(data[at + 1 : line])
    except ValueError:
        raise NotRespError(f"not a length: {bytes(data[at:line])!r}") from None
