"""The lines of a stream: however they were cut."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plait.answer import Answer
from plait.client.events import Events, read_event
from plait.client.part import Part
from plait.errors import BadAnswer, TimedOut
from tests.client.asking import RESULT, part, problem_json

WHOLE = (
    part("a", {"text": "zwölf\u2028\u0085 \\n"}) + part("b", status="timeout", code=None, error="late") + b"\r\n\n" + RESULT + b"\n"
)


def fed(pieces: list[bytes], most: int = 1000) -> tuple[list[Part], Answer]:
    events = Events(most)
    parts = [each for piece in pieces for each in events.feed(piece)]
    events.end()
    return parts, events.known()


def test_parts_come_as_they_are_and_the_answer_last() -> None:
    (first, second), answer = fed([WHOLE])
    assert first == Part(
        key="a",
        node="predict/a",
        status="ok",
        code=200,
        ms=31.2,
        attempts=1,
        output={"text": "zwölf\u2028\u0085 \\n"},
    )
    assert (second.status, second.error, second.output) == ("timeout", "late", None)
    assert (answer.result, answer.complete, answer.request_id, answer.revision) == ({"a": [1, 2.5]}, False, "r", 7)
    assert (answer.parts["a"].endpoint, answer.parts["b"].status, answer.parts["b"].attempts) == ("h:1", "timeout", 2)


def test_it_does_not_matter_where_the_bytes_are_cut() -> None:
    for place in range(len(WHOLE)):
        assert fed([WHOLE[:place], WHOLE[place:]]) == fed([WHOLE])
    assert fed([WHOLE[place : place + 1] for place in range(len(WHOLE))]) == fed([WHOLE])


@given(st.lists(st.integers(0, len(WHOLE)), max_size=8))
def test_any_cutting_gives_the_same(places: list[int]) -> None:
    cuts = [0, *sorted(places), len(WHOLE)]
    assert fed([WHOLE[begin:end] for begin, end in pairwise(cuts)]) == fed([WHOLE])


def test_a_stream_without_a_result_was_cut_short() -> None:
    for place in range(len(WHOLE) - 1):
        with pytest.raises(BadAnswer, match="cut short: it ended without a result"):
            fed([WHOLE[:place]])


def test_parts_before_a_problem_are_given_first() -> None:
    feed = Events(1000).feed(part("a", 1) + problem_json(504, "timeout") + b"\n")
    assert next(feed).key == "a"
    with pytest.raises(TimedOut, match="it went wrong"):
        next(feed)


def test_a_line_is_never_longer_than_it_may_be() -> None:
    for pieces in ([b"x" * 101], [b"x" * 60, b"x" * 60], [b"x" * 101 + b"\n"]):
        with pytest.raises(BadAnswer, match="longer than 100 bytes; see max_bytes"):
            fed(pieces, 100)
    assert len(fed([part("a") * 50, RESULT + b"\n"], 600)[0]) == 50


@pytest.mark.parametrize(
    "line",
    [
        b"<html>",
        b"[]",
        b"1",
        b'{"part": "a"}',
        b'{"result": 1}',
        b'{"part": "a", "status": 1}',
        b"\xff",
        b'{"result": "\xff"}',
        b'{"a": ' * 5000,
    ],
    ids=["html", "list", "number", "half a part", "half a result", "wrong type", "no UTF-8", "no UTF-8 within", "deep"],
)
def test_a_line_that_is_no_event_is_an_error(line: bytes) -> None:
    with pytest.raises(BadAnswer, match="no event of plait"):
        read_event(line)


def test_what_comes_after_the_answer_is_nobodys() -> None:
    assert fed([WHOLE + b"<html>\n" + problem_json(500, "internal") + b"\n"]) == fed([WHOLE])


def test_new_members_of_tomorrow_do_no_harm() -> None:
    assert fed([part("a", 1, shade="blue") + RESULT[:-1] + b', "more": 1}\n'])[0][0].key == "a"
