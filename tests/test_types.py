"""Messages, contexts and runs."""

from __future__ import annotations

from typing import Any, cast

import msgspec
import pytest

from plait.clock import Clock
from plait.events import Part
from plait.nodes.ask import Ask
from plait.nodes.options import Optional
from plait.testing import FakePredictor
from plait.types import Context, Leaf, Message, Run

NOBODYS_CLOCK = cast("Clock", None)


def run() -> Run:
    return Run(Message(b"1"), NOBODYS_CLOCK)


def test_a_message_is_decoded_once_and_only_if_somebody_looks() -> None:
    message = Message(b'{"a": 1.50}')
    assert message.value is message.value
    assert message.value == {"a": 1.5}
    assert message.raw == b'{"a": 1.50}'
    broken = Message(b"1e999")
    with pytest.raises(msgspec.DecodeError):
        _ = broken.value


@pytest.mark.parametrize("value", [None, 0, "é", [1, {"a": None}], {"b": 1, "a": 2}])
def test_a_message_can_be_made_of_a_value(value: Any) -> None:
    message = Message.of(value)
    assert message.value is value
    assert msgspec.json.decode(message.raw) == value
    assert message.complete


def test_the_mark_of_incompleteness_is_put_on_a_copy() -> None:
    whole = Message(b"1")
    part = whole.incomplete()
    assert (whole.complete, part.complete, part.raw) == (True, False, b"1")
    assert part.incomplete() is part
    assert (repr(whole), repr(part)) == ("Message(b'1')", "Message(b'1', incomplete)")


def test_a_deadline_only_shrinks() -> None:
    ctx = Context(run(), 5.0)
    assert ctx.until(9.0) is ctx
    assert ctx.until(3.0).deadline == 3.0
    assert ctx.until(3.0).until(4.0).deadline == 3.0


def test_names_are_added_to_a_copy_and_survive_a_nearer_deadline() -> None:
    ctx = Context(run(), 5.0)
    one = ctx.naming("a", Message(b"1"))
    two = one.naming("a", Message(b"2")).naming("b", Message(b"3")).until(1.0)
    assert (ctx.named, {name: message.raw for name, message in one.named.items()}) == ({}, {"a": b"1"})
    assert {name: message.raw for name, message in two.named.items()} == {"a": b"2", "b": b"3"}


def test_a_run_within_a_run_has_another_request_and_the_same_parts() -> None:
    heard: list[Part] = []
    outer = Run(Message(b"1"), NOBODYS_CLOCK, b"id", {b"x": b"y"}, b"trace: 1\r\n", (heard.append,))
    inner = outer.inside(Message(b"2"))
    part = Part("k", "n", "p", "ok", 0.1)
    inner.emit(part)
    assert outer.parts == inner.parts == heard == [part]
    assert (inner.message.raw, inner.request_id, inner.headers, inner.forwarded) == (b"2", b"id", {b"x": b"y"}, b"trace: 1\r\n")


def test_a_leaf_is_what_can_be_started() -> None:
    ask = Ask(FakePredictor("a"), "a", "a")
    assert isinstance(ask, Leaf)
    assert not isinstance(Optional(ask), Leaf)
