"""DER (X.690), as much of it as a timestamp authority needs: write values, walk through them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

BOOLEAN, INTEGER, OCTETS, NULL, OBJECT = 0x01, 0x02, 0x04, 0x05, 0x06
SEQUENCE, SET, UTC_TIME, TIME, UTF8 = 0x30, 0x31, 0x17, 0x18, 0x0C


class Value(NamedTuple):
    """A tag, what it holds, and both as they stand."""

    tag: int
    content: bytes
    whole: bytes


def write(tag: int, *parts: bytes) -> bytes:
    """One value that holds `parts`, one after the other."""
    content = b"".join(parts)
    size = len(content)
    if size < 0x80:
        return bytes([tag, size]) + content
    length = size.to_bytes((size.bit_length() + 7) // 8)
    return bytes([tag, 0x80 | len(length)]) + length + content


def sequence(*parts: bytes) -> bytes:
    return write(SEQUENCE, *parts)


def members(*parts: bytes) -> bytes:
    """A SET OF: DER sorts its members."""
    return write(SET, *sorted(parts))


def integer(number: int) -> bytes:
    return write(INTEGER, number.to_bytes(number.bit_length() // 8 + 1, signed=True))


def oid(dotted: str) -> bytes:
    first, second, *rest = (int(part) for part in dotted.split("."))
    return write(OBJECT, *(_base128(number) for number in (40 * first + second, *rest)))


def read(data: bytes) -> Iterator[Value]:
    """The values that stand in `data`, one after the other; `ValueError` for a broken one."""
    while data:
        if len(data) < 2:
            raise ValueError("a value is cut short")
        start, size = 2, data[1]
        if size & 0x80:
            start += size & 0x7F
            size = int.from_bytes(data[2:start])
        if len(data) < start + size:
            raise ValueError("a value is cut short")
        yield Value(data[0], data[start : start + size], data[: start + size])
        data = data[start + size :]


def _base128(number: int) -> bytes:
    digits = [number & 0x7F]
    while number := number >> 7:
        digits.append(number & 0x7F | 0x80)
    return bytes(reversed(digits))
