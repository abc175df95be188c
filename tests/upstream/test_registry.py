"""Upstreams live on from one configuration to the next while their predictors are the same."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from typing import Any

import pytest

from plait.clock import Clock
from plait.spec.predictor import Predictor, PredictorDefaults
from plait.upstream.registry import Upstreams

DEFAULTS = PredictorDefaults()


def predictors(**specs: Mapping[str, Any]) -> dict[str, Predictor]:
    return {name: Predictor.model_validate({"url": "http://127.0.0.1:1", **spec}) for name, spec in specs.items()}


@pytest.fixture
async def upstreams() -> AsyncIterator[Upstreams]:
    clock = Clock(asyncio.get_running_loop())
    made = Upstreams(clock)
    yield made
    await made.close()
    clock.close()


@pytest.mark.parametrize(
    "beside",
    [{"description": "x"}, {"version": "2"}, {"needs": {"b": "1"}}, {"enabled": False}, {"model": "m.onnx"},
     {"feedback": {"answer": "output.x"}}],
)  # fmt: skip
async def test_what_does_not_concern_how_it_is_asked_leaves_it_as_it_is(upstreams: Upstreams, beside: dict[str, Any]) -> None:
    first = upstreams.prepare(predictors(a={}), DEFAULTS)
    await upstreams.swap()
    second = upstreams.prepare(predictors(a=beside), PredictorDefaults())
    assert second["a"] is first["a"]
    assert upstreams.new == {}


@pytest.mark.parametrize(
    "change", [{"url": "http://127.0.0.1:2"}, {"timeout": "2s"}, {"headers": {"X-A": "b"}}, {"balance": "round_robin"}]
)
async def test_what_concerns_it_makes_a_new_one(upstreams: Upstreams, change: dict[str, Any]) -> None:
    first = upstreams.prepare(predictors(a={}), DEFAULTS)
    await upstreams.swap()
    second = upstreams.prepare(predictors(a=change), DEFAULTS)
    assert second["a"] is not first["a"]
    assert upstreams.new == {"a": second["a"]}


async def test_a_change_of_the_defaults_concerns_all(upstreams: Upstreams) -> None:
    first = upstreams.prepare(predictors(a={}), DEFAULTS)
    await upstreams.swap()
    assert upstreams.prepare(predictors(a={}), PredictorDefaults(timeout="3s"))["a"] is not first["a"]


async def test_what_was_prepared_in_vain_does_not_serve(upstreams: Upstreams) -> None:
    first = upstreams.prepare(predictors(a={}), DEFAULTS)
    await upstreams.swap()
    upstreams.prepare(predictors(a={"timeout": "2s"}), DEFAULTS)
    await upstreams.drop()
    assert upstreams.prepare(predictors(a={}), DEFAULTS)["a"] is first["a"]
