"""Identifiers that sort by the time they were made."""

import os
import time
import uuid


def new_id() -> str:
    """Give a UUIDv7 (RFC 9562) as 36 lower-case characters.

    Its first 48 bits are Unix milliseconds, so ids of one process sort by creation time and a primary-key
    index grows at one end. Python has ``uuid.uuid7`` from 3.14 on only.
    """
    millis = time.time_ns() // 1_000_000
    value = (millis & (1 << 48) - 1) << 80 | int.from_bytes(os.urandom(10))
    value = value & ~(0xF << 76) | 0x7 << 76  # version 7
    value = value & ~(0x3 << 62) | 0x2 << 62  # the RFC's variant
    return str(uuid.UUID(int=value))


def is_id(text: str) -> bool:
    """Whether ``text`` is a UUID in its canonical lower-case form."""
    try:
        return str(uuid.UUID(text)) == text
    except ValueError:
        return False
