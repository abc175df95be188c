"""Several things out of one input, in files that can be read and written by hand."""

from __future__ import annotations

import random
import zlib
from itertools import pairwise

MARK = b"\x1e\n"
"""Stands between two pieces: the control character called record separator, and a line end."""


class Pieces:
    """What is in an input, one piece after the other; behind the last there are only empty ones."""

    def __init__(self, data: bytes) -> None:
        self._left = data.split(MARK)[::-1]

    def __bool__(self) -> bool:
        return bool(self._left)

    def bytes(self) -> bytes:
        """The next piece as it is."""
        return self._left.pop() if self._left else b""

    def text(self) -> str:
        """The next piece as text; three bytes that would be half of a pair in UTF-8 are a lone surrogate."""
        return self.bytes().decode(errors="surrogatepass") if self._sound() else self.bytes().decode("latin-1")

    def number(self) -> int:
        """The next piece as a number below a million; 0 if it is none."""
        piece = self.bytes()[:6]
        return int(piece) if piece.isdigit() else 0

    def _sound(self) -> bool:
        try:
            (self._left[-1] if self._left else b"").decode(errors="surrogatepass")
        except UnicodeDecodeError:
            return False
        return True


def slicings(data: bytes) -> list[list[bytes]]:
    """The bytes whole, byte by byte, and cut twice at places that only depend on them; no piece is empty."""
    draw = random.Random(zlib.crc32(data))
    found = [[data] if data else [], [data[at : at + 1] for at in range(len(data))]]
    for most in (2, 8):
        places = sorted(draw.randint(0, len(data)) for _ in range(most))
        found.append([piece for piece in (data[begin:end] for begin, end in pairwise([0, *places, len(data)])) if piece])
    return found
