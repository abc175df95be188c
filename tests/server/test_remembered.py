"""What predictors answered is remembered for as long as a truth may take to come, within bounds."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from plait.clock import Clock
from plait.events import Part
from plait.graph.spec import Config
from plait.server.remembered import LARGEST, SECONDS, Remembered
from plait.testing.virtual import run_virtual
from plait.types import Message

URL = "http://127.0.0.1:1"
CONFIG = Config.model_validate(
    {
        "predictors": {
            "a": {"url": URL, "feedback": {"answer": "output.label"}},
            "b": {"url": URL, "feedback": {"answer": "output.p[0] > 0.5"}},
            "c": {"url": URL},
        },
        "graphs": {"both": {"parallel": ["a", "b", "c"]}, "outer": "both", "none": "c"},
    }
)


def part(name: str, output: Any, *, raw: bytes | None = None, status: str = "ok") -> Part:
    message = Message(raw) if raw is not None else None if output is None else Message.of(output)
    return Part(name, f"both/{name}", name, status, 0.01, output=message)


def remembering(test: Callable[[Remembered, Callable[..., None]], Any], **bounds: int) -> None:
    async def main() -> None:
        loop = asyncio.get_running_loop()
        memory = Remembered(Clock(loop, loop.time), **bounds)

        def request(request_id: str, *parts: Part) -> None:
            subscriber = memory.noting(CONFIG)["both"](request_id)
            for each in parts:
                subscriber(each)

        found = test(memory, request)
        if found is not None:
            await found

    run_virtual(main())


def test_only_graphs_that_reach_a_predictor_with_feedback_are_noted() -> None:
    def test(memory: Remembered, _request: Any) -> None:
        assert memory.noting(CONFIG).keys() == {"both", "outer"}
        assert memory.noting(Config()) == {}

    remembering(test)


def test_of_each_answer_what_is_compared_is_told() -> None:
    def test(memory: Remembered, request: Any) -> None:
        request("r1", part("a", {"label": "cat", "more": [1, 2]}), part("b", {"p": [0.7]}), part("c", {"label": "dog"}))
        assert memory.answers("r1") == {"a": "cat", "b": True}
        assert memory.answers("r2") is None

    remembering(test)


def test_an_answer_that_lacks_it_or_failed_or_has_a_number_that_is_none_is_left_out() -> None:
    def test(memory: Remembered, request: Any) -> None:
        request("r1", part("a", {"lable": "cat"}), part("b", None, status="timeout"))
        assert memory.answers("r1") == {}
        request("r2", part("a", None, raw=b'{"label": 1e999}'))
        assert memory.answers("r2") == {}
        request("r3", part("b", None, status="timeout"))
        assert memory.answers("r3") is None

    remembering(test)


def test_a_predictor_that_was_asked_more_than_once_is_left_out() -> None:
    def test(memory: Remembered, request: Any) -> None:
        request("r1", part("a", {"label": 1}), part("a", {"label": 1}), part("a", {"label": 1}), part("b", {"p": [0.0]}))
        assert memory.answers("r1") == {"b": False}
        assert memory.bytes == len(b'{"p":[0.0]}')

    remembering(test)


def test_a_later_request_with_the_same_id_takes_the_place_of_the_earlier_one() -> None:
    def test(memory: Remembered, request: Any) -> None:
        note = memory.noting(CONFIG)["both"]
        earlier, later = note("r1"), note("r1")
        earlier(part("a", {"label": 1}))
        later(part("a", {"label": 2}))
        earlier(part("b", {"p": [1.0]}))  # a shadow's, say, that comes late
        assert memory.answers("r1") == {"a": 2}
        assert (len(memory), memory.bytes) == (1, len(b'{"label":2}'))

    remembering(test)


def test_the_oldest_go_when_there_are_too_many() -> None:
    def test(memory: Remembered, request: Any) -> None:
        for number in range(5):
            request(f"r{number}", part("a", {"label": number}))
        assert [memory.answers(f"r{number}") for number in range(5)] == [None, None, {"a": 2}, {"a": 3}, {"a": 4}]

    remembering(test, most=3)


def test_the_oldest_go_when_they_are_too_large_together_and_a_large_one_is_never_kept() -> None:
    def test(memory: Remembered, request: Any) -> None:
        for number in range(5):
            request(f"r{number}", part("a", {"label": "x" * 1000}))
        assert memory.bytes <= 2500
        assert [memory.answers(f"r{number}") is not None for number in range(5)] == [False, False, False, True, True]
        request("large", part("a", {"label": "x" * LARGEST}))
        assert memory.answers("large") == {}

    remembering(test, size=2500)


def test_nothing_is_remembered_longer_than_it_should() -> None:
    async def test(memory: Remembered, request: Any) -> None:
        request("r1", part("a", {"label": 1}))
        await asyncio.sleep(SECONDS - 1)
        assert memory.answers("r1") == {"a": 1}
        await asyncio.sleep(2)
        assert memory.answers("r1") is None
        assert (len(memory), memory.bytes) == (0, 0)

    remembering(test)


def test_what_is_forgotten_takes_no_room() -> None:
    def test(memory: Remembered, request: Any) -> None:
        for number in range(1000):
            request(f"r{number}", part("a", {"label": number}), part("b", {"p": [0.5]}))
        assert len(memory) == 10
        assert memory.bytes == 10 * len(b'{"label":999}{"p":[0.5]}')

    remembering(test, most=10)
