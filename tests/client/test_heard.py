"""A body while it arrives."""

from __future__ import annotations

import pytest

from plait.client.asked import Asked
from plait.client.heard import Pieces
from plait.errors import BadAnswer, TimedOut


def asked(seconds: float | None, most: int = 4) -> Asked:
    return Asked("POST", "http://h/predict", {}, b"{}", seconds, most)


def test_pieces_become_one_body() -> None:
    pieces = Pieces(asked(None))
    pieces.add(b"ab")
    pieces.add(b"cd")
    assert pieces.whole() == b"abcd"
    with pytest.raises(BadAnswer, match="larger than 4 bytes; see max_bytes"):
        pieces.add(b"e")


def test_a_body_that_drips_is_not_waited_for_longer_than_the_timeout() -> None:
    pieces = Pieces(asked(-1.0))
    with pytest.raises(TimedOut, match="the answer of http://h/predict was not whole in -1 s"):
        pieces.add(b"a")
