"""Inputs that are nearly those of a corpus, by seed."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence


def mutations(seed: str, corpus: Sequence[bytes], words: Sequence[bytes], count: int) -> Iterator[bytes]:
    """Entries with one to four pieces taken out, put in, changed, repeated, or taken from another."""
    draw = random.Random(seed)
    for _ in range(count):
        data = bytearray(draw.choice(corpus))
        for _ in range(draw.randint(1, 4)):
            at = draw.randint(0, len(data))
            data[at : at + draw.choice((0, 0, 1, 2, 8))] = _piece(draw, corpus, words, data)
        yield bytes(data)


def _piece(draw: random.Random, corpus: Sequence[bytes], words: Sequence[bytes], data: bytes) -> bytes:
    kind = draw.randrange(4)
    if kind == 0:
        return b""
    if kind == 1:
        return draw.choice(words)
    if kind == 2:
        return draw.randbytes(draw.randint(1, 3))
    other = draw.choice((bytes(data), draw.choice(corpus)))
    at = draw.randint(0, len(other))
    return other[at : at + draw.randint(1, 40)]
