"""What faults make of bytes: plans, without a socket."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plait.testing import Drip, Fault, Garbage, HalfOpen, Latency, Limit, Refuse, Reset, Slice, Stop, Truncate
from plait.testing.faults import End, Piece, Step, Wait
from plait.testing.framing import Framing
from plait.testing.server import ok


def answered(fault: Fault, *pieces: Piece, connection: int = 1) -> list[Step]:
    plan = fault.answers(connection)
    return [step for piece in pieces for step in plan(piece)]


def answer(data: bytes) -> Piece:
    return Piece(data, first=True, last=True)


def data(steps: list[Step]) -> bytes:
    return b"".join(step.data for step in steps if isinstance(step, Piece))


def test_no_fault_passes_on() -> None:
    assert answered(Fault(), answer(b"ab")) == [answer(b"ab")]
    assert list(Fault().requests(1)(Piece(b"ab"))) == [Piece(b"ab")]


def test_latency_waits_once_for_each_answer() -> None:
    assert answered(Latency(2), Piece(b"a", first=True), Piece(b"b", last=True), answer(b"c")) == [
        Wait(2),
        Piece(b"a", first=True),
        Piece(b"b", last=True),
        Wait(2),
        answer(b"c"),
    ]


def test_jitter_is_drawn_for_each_answer_and_is_the_same_for_the_same_seed_and_connection() -> None:
    def waits(fault: Fault, connection: int) -> list[float | None]:
        return [step.seconds for step in answered(fault, *[answer(b"a")] * 20, connection=connection) if isinstance(step, Wait)]

    drawn = waits(Latency(1, jitter=0.5, seed=1), 1)
    assert len(set(drawn)) == 20
    assert all(each is not None and 0.5 <= each <= 1.5 for each in drawn)
    assert drawn == waits(Latency(1, jitter=0.5, seed=1), 1)
    assert drawn != waits(Latency(1, jitter=0.5, seed=1), 2)
    assert drawn != waits(Latency(1, jitter=0.5, seed=2), 1)


def test_drip_gives_a_byte_at_a_time_and_limit_a_hundredth_of_a_second() -> None:
    assert answered(Drip(4), answer(b"ab")) == [Wait(0.25), Piece(b"a", first=True), Wait(0.25), Piece(b"b", last=True)]
    assert answered(Limit(200), Piece(b"abc")) == [Wait(0.01), Piece(b"ab"), Wait(0.005), Piece(b"c")]
    assert list(Limit(200).requests(1)(Piece(b"a"))) == [Wait(0.005), Piece(b"a")]


def test_what_is_half_open_swallows_all_and_never_ends() -> None:
    assert list(HalfOpen().requests(1)(Piece(b"a"))) == answered(HalfOpen(), answer(b"a")) == []
    assert answered(HalfOpen(), Piece(b"")) == [Wait(None)]


def test_what_is_stopped_holds_bytes_and_ends() -> None:
    for piece in (answer(b"a"), Piece(b"")):
        assert answered(Stop(), piece) == list(Stop().requests(1)(piece)) == [Wait(None), piece]


@pytest.mark.parametrize(("fault", "end"), [(Reset, End(reset=True)), (Truncate, End())])
def test_an_end_comes_after_so_many_bytes_of_each_answer(fault: Callable[[int], Fault], end: End) -> None:
    assert answered(fault(3), Piece(b"ab", first=True), Piece(b"cd"))[1:] == [Piece(b"c"), end]
    assert answered(fault(3), answer(b"ab"), answer(b"ab")) == [answer(b"ab")] * 2
    assert answered(fault(0), answer(b"ab"))[-1] == end


def test_garbage_comes_before_after_or_instead() -> None:
    pieces = (Piece(b"a", first=True), Piece(b"b"), Piece(b"c", last=True))
    assert data(answered(Garbage(b"!"), *pieces, *pieces)) == b"!abc!abc"
    assert data(answered(Garbage(b"!", place="after"), *pieces, *pieces)) == b"abc!abc!"
    assert data(answered(Garbage(b"!", place="instead"), *pieces, *pieces)) == b"!!"
    assert answered(Garbage(b"!", place="after", later=2), pieces[2]) == [pieces[2], Wait(2), Piece(b"!")]


@given(st.binary(max_size=50), st.integers(1, 60), st.none() | st.integers())
def test_a_cut_loses_nothing_and_no_piece_is_larger_than_told(text: bytes, size: int, seed: int | None) -> None:
    steps = answered(Slice(size, seed), answer(text))
    pieces = [step for step in steps if isinstance(step, Piece)]
    assert data(steps) == text
    assert max(len(piece.data) for piece in pieces) <= size
    assert [piece.first for piece in pieces] == [True] + [False] * (len(pieces) - 1)
    assert [piece.last for piece in pieces] == [False] * (len(pieces) - 1) + [True]
    assert steps == answered(Slice(size, seed), answer(text))


def test_of_two_faults_the_second_gets_what_the_first_passes_on() -> None:
    waits = [step for step in answered(Slice(1) & Latency(2), answer(b"abc")) if step == Wait(2)]
    assert len(waits) == 1
    assert data(answered(Garbage(b"!") & Truncate(2), answer(b"abc"))) == b"!a"
    assert answered(Slice(1) & Stop(), Piece(b""))[-2:] == [Wait(None), Piece(b"")]


WRONG: dict[str, tuple[Callable[[], Any], str]] = {
    "latency": (lambda: Latency(-1), "seconds"),
    "jitter": (lambda: Latency(1, jitter=2), "jitter"),
    "drip": (lambda: Drip(0), "HalfOpen or Stop"),
    "limit": (lambda: Limit(-5), "take Stop"),
    "slice": (lambda: Slice(0), "size"),
    "pause": (lambda: Slice(1, pause=-1), "pause"),
    "reset": (lambda: Reset(-1), "number of bytes"),
    "truncate": (lambda: Truncate(-1), "number of bytes"),
    "place": (lambda: Garbage(place="behind"), "before, after or instead"),  # type: ignore[arg-type]
    "later": (lambda: Garbage(later=1.0), "place='after'"),
    "refuse": (lambda: Slice(1) & Refuse(), "no other fault"),
}


@pytest.mark.parametrize(("make", "advice"), WRONG.values(), ids=WRONG)
def test_what_cannot_be_is_refused_with_advice(make: Callable[[], Any], advice: str) -> None:
    with pytest.raises(ValueError, match=advice):
        make()


# Where answers begin and end.


def test_an_answer_is_marked_at_its_beginning_and_its_end() -> None:
    framing = Framing()
    text = ok(b"[1,2]")
    assert framing.piece(text) == answer(text)
    assert framing.piece(text[:9]) == Piece(text[:9], first=True)
    assert framing.piece(text[9:-1]) == Piece(text[9:-1])
    assert framing.piece(text[-1:]) == Piece(text[-1:], last=True)
    assert framing.piece(b"") == Piece(b"")


@pytest.mark.parametrize("text", [b"nonsense", b"HTTP/1.1 101 X\r\nConnection: upgrade\r\nUpgrade: h2c\r\n\r\n"])
def test_of_what_is_no_answer_every_piece_counts_as_one(text: bytes) -> None:
    framing = Framing()
    assert [framing.piece(text), framing.piece(b"more")] == [answer(text), answer(b"more")]
