"""How much memory an executable claims before its first instruction, read from its ELF header."""

import struct

_HEADER = struct.Struct("<16s2HI3QI6H")
_SEGMENT = struct.Struct("<2I6Q")
_LOAD = 1


def static_bytes(content: bytes) -> int:
    """The sum of what an executable's segments take in memory, bytes; 0 for anything but a 64-bit ELF file.

    A static array over the memory limit makes the start itself fail, with nothing to measure.
    """
    if len(content) < _HEADER.size or content[:6] != b"\x7fELF\x02\x01":
        return 0
    header = _HEADER.unpack_from(content)
    offset, size, count = header[5], header[9], header[10]
    if size != _SEGMENT.size or offset + size * count > len(content):
        return 0
    segments = (_SEGMENT.unpack_from(content, offset + size * index) for index in range(count))
    return sum(segment[6] for segment in segments if segment[0] == _LOAD)
