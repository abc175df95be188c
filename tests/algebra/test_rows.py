"""Every kind, option and merge, composed in Python and asked in this process."""

from __future__ import annotations

from typing import Any

import pytest

import plait
from plait.testing import RawServer
from plait.testing.server import ok

A, B, GONE = plait.value({"p": 0.25, "l": "x"}), plait.value({"p": 0.75, "l": "y"}), plait.predict("gone")
ASK = plait.predict("ask")


def both(**options: Any) -> plait.Graph:
    return plait.parallel(a=A, b=B, **options)


KINDS = [
    (ASK, {"p": 1.5}),
    (ASK >> plait.transform("${input.p}"), 1.5),
    (plait.parallel(ASK), {"ask": {"p": 1.5}}),
    (plait.switch({"request.n > 1.0": ASK}, default=plait.value("else")), "else"),
    (plait.split((0, ASK), (1, plait.value("to"))), "to"),
    (plait.split((1, "ask"), key="request.n"), {"p": 1.5}),
    (plait.fallback(GONE, ASK), {"p": 1.5}),
    (plait.cascade(A, B, ASK, until="output.p > 0.5"), {"p": 0.75, "l": "y"}),
    (plait.transform({"n": "${request.n}"}), {"n": 1}),
    (plait.value(None), None),
    (plait.subgraph("inner", plait.transform("${request.p}"), schema={"required": ["p"]}).with_options(input={"p": 3}), 3),
]
MERGES = [
    ("by_name", {"a": {"p": 0.25, "l": "x"}, "b": {"p": 0.75, "l": "y"}}),
    ("list", [{"p": 0.25, "l": "x"}, {"p": 0.75, "l": "y"}]),
    ("object", {"p": 0.75, "l": "y"}),
    (plait.argmax("output.p"), {"label": "b", "score": 0.75}),
    (plait.argmin("output.p"), {"label": "a", "score": 0.25}),
    (plait.vote("output.l", weights={"b": 2}), {"label": "y", "votes": {"x": 1, "y": 2}}),
    (plait.mean("output.p", weights={"a": 3}), 0.375),
    (plait.max("output.p"), 0.75),
    (plait.min("output.p"), 0.25),
    (plait.sum("output.p"), 1.0),
]
OPTIONS = [
    (plait.value(1, name="one") >> plait.value(2) >> plait.transform("${one}"), 1),
    (plait.transform("${input}", input={"x": "${request.n}"}), {"x": 1}),
    (plait.value(1) >> plait.value(2, when="input > 1.0"), 1),
    (GONE.with_options(optional=True), None),
    (plait.value(1) >> GONE.with_options(on_error="skip"), 1),
    (plait.parallel(a=A, gone=GONE, require="any", merge=plait.max("output.p")), 0.25),
    (plait.parallel(a=A, gone=GONE, merge="first"), {"p": 0.25, "l": "x"}),
    (plait.parallel(a=A, gone=GONE, require=["a"], timeout="300ms", merge="list"), [{"p": 0.25, "l": "x"}, None]),
]


@pytest.mark.parametrize(
    ("graph", "result"),
    [*KINDS, *((both(merge=merge), result) for merge, result in MERGES), *OPTIONS],
    ids=lambda value: repr(value)[:60],
)
async def test_what_is_composed_answers(graph: plait.Graph, result: Any) -> None:
    async with RawServer(ok(b'{"p":1.5}')) as server:
        predictors = {"ask": {"url": server.url}, "gone": {"url": "http://127.0.0.1:1"}}
        async with plait.Proxy({"predict": graph}, predictors=predictors) as app:
            assert await app.call("predict", {"n": 1}) == result
