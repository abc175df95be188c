"""Upstreams live on from one configuration to the next while their predictors are the same."""

from __future__ import annotations

import asyncio
import math
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


async def test_an_older_configuration_is_lent_those_that_serve_where_they_are_the_same(upstreams: Upstreams) -> None:
    serving = upstreams.prepare(predictors(a={}, b={}), DEFAULTS)
    await upstreams.swap()
    lent = await upstreams.lend(predictors(a={"description": "older"}, b={}), PredictorDefaults())
    assert (lent.upstreams, lent.running) == (serving, True)
    await lent.give_back()
    assert upstreams.prepare(predictors(a={}, b={}), DEFAULTS) == serving


async def test_what_only_an_older_configuration_has_is_shared_by_all_who_ask_it_and_retired_with_the_last(
    upstreams: Upstreams,
) -> None:
    serving = upstreams.prepare(predictors(a={}), DEFAULTS)
    await upstreams.swap()
    older = predictors(a={"url": "http://127.0.0.1:2"})
    first, second = await upstreams.lend(older, DEFAULTS), await upstreams.lend(older, DEFAULTS)
    assert first.upstreams["a"] is second.upstreams["a"]
    assert first.upstreams["a"] is not serving["a"]
    assert not first.running
    endpoint = first.upstreams["a"].fleet.replicas[0].endpoint
    await first.give_back()
    await first.give_back()
    third = await upstreams.lend(older, DEFAULTS)
    assert third.upstreams["a"] is second.upstreams["a"]
    assert endpoint.endpoint._trusted_from < math.inf
    for lent in (second, third):
        await lent.give_back()
    assert endpoint.endpoint._trusted_from == math.inf
    fourth = await upstreams.lend(older, DEFAULTS)
    assert fourth.upstreams["a"] is not third.upstreams["a"]
    await fourth.give_back()


async def test_who_lends_while_somebody_else_does_waits_until_it_is_open(upstreams: Upstreams) -> None:
    older = predictors(a={"url": "dns+http://localhost:2"})
    loop = asyncio.get_running_loop()
    lent = [await task for task in [loop.create_task(upstreams.lend(older, DEFAULTS)) for _ in range(3)]]
    assert all(each.upstreams["a"].fleet.replicas for each in lent)
    for each in lent:
        await each.give_back()
