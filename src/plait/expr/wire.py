"""Just enough of the protobuf wire format to read a checked expression and to put a part of it elsewhere.

Source: https://protobuf.dev/programming-guides/encoding/
"""

from __future__ import annotations

from collections.abc import Iterator

VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5
_LOW = 127  # a varint's byte has seven bits of the value, and says whether another follows
_WIDTH = {FIXED64: 8, FIXED32: 4}


class Fields:
    """The fields of one message, by number, in order; a repeated field has several values."""

    __slots__ = ("_values",)

    def __init__(self, data: bytes) -> None:
        self._values: dict[int, list[int | bytes]] = {}
        for number, value in read(data):
            self._values.setdefault(number, []).append(value)

    def __contains__(self, number: int) -> bool:
        return number in self._values

    def integer(self, number: int) -> int:
        """The last integer of that number as int64, 0 if there is none."""
        value = self._values.get(number, [0])[-1]
        if not isinstance(value, int):
            raise TypeError(f"field {number} is no integer")
        return value - (1 << 64) if value >> 63 else value

    def messages(self, number: int) -> list[bytes]:
        """Every message (or string, or packed field) of that number."""
        return [value for value in self._values.get(number, []) if isinstance(value, bytes)]

    def message(self, number: int) -> bytes:
        """The last message of that number, empty if there is none."""
        found = self.messages(number)
        return found[-1] if found else b""

    def text(self, number: int) -> str:
        """The last string of that number, empty if there is none."""
        return self.message(number).decode()


def read(data: bytes) -> Iterator[tuple[int, int | bytes]]:
    """The fields of a message: number and value, fixed-width ones as their bytes."""
    place = 0
    while place < len(data):
        tag, place = _varint(data, place)
        kind = tag & 7
        if kind == VARINT:
            value, place = _varint(data, place)
            yield tag >> 3, value
            continue
        width = _WIDTH.get(kind)
        if width is None:
            width, place = _varint(data, place)
        yield tag >> 3, data[place : place + width]
        place += width


def message(number: int, content: bytes) -> bytes:
    """A field that is a message, a string or bytes."""
    return _encode(number << 3 | BYTES) + _encode(len(content)) + content


def integer(number: int, value: int) -> bytes:
    """A field that is an integer of no sign."""
    return _encode(number << 3) + _encode(value)


def _varint(data: bytes, place: int) -> tuple[int, int]:
    if data[place] <= _LOW:
        return data[place], place + 1
    value = shift = 0
    while True:
        byte = data[place]
        place += 1
        value |= (byte & _LOW) << shift
        shift += 7
        if byte <= _LOW:
            return value, place


def _encode(value: int) -> bytes:
    out = bytearray()
    while value > _LOW:
        out.append(value & _LOW | _LOW + 1)
        value >>= 7
    out.append(value)
    return bytes(out)
