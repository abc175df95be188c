"""Messages cut and spoilt in every way."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from hypothesis import strategies as st

_SPOILS = [b"", b"\r", b"\n", b"\r\n\r\n", b"\0", b" ", b":", b"0", b"\xff"]


def cuts(data: bytes) -> list[list[bytes]]:
    """The bytes whole, in two at every place, and one by one."""
    single = [data[at : at + 1] for at in range(len(data))]
    return [[data], *([data[:at], data[at:]] for at in range(1, len(data))), single]


@st.composite
def spoilt(draw: st.DrawFn, material: Sequence[bytes], most: int) -> list[bytes]:
    """Up to `most` messages with bytes changed, removed and put in, cut anywhere."""
    data = bytearray(b"".join(draw(st.lists(st.sampled_from(material), min_size=1, max_size=most))))
    for _ in range(draw(st.integers(0, 4))):
        at = draw(st.integers(0, len(data)))
        data[at : at + draw(st.integers(0, 3))] = draw(st.sampled_from(_SPOILS))
    places = sorted(draw(st.lists(st.integers(0, len(data)), max_size=4)))
    return [bytes(data[begin:end]) for begin, end in pairwise([0, *places, len(data)])]
