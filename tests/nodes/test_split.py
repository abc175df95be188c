"""split: shares of the requests."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from itertools import islice
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plait.errors import ConfigError
from plait.nodes.draws import even_draws
from plait.nodes.split import between, canonical
from plait.testing import run_graph
from plait.types import Message
from tests.nodes.fakes import good


def split(*shares: tuple[float, str], **options: Any) -> dict[str, Any]:
    return {"predict": {"split": [{"weight": weight, "to": to} for weight, to in shares], **options}}


def test_only_what_has_a_weight_is_asked() -> None:
    none, every = good("none"), good("every")
    for _ in range(20):
        assert run_graph(split((0, "none"), (0.5, "every")), [none, every]).value == "every"
    assert none.asked == []


def test_100_000_draws_are_within_one_percent_of_the_weights() -> None:
    draws = islice(even_draws(), 100_000)
    counts = Counter(draw >= 0.9 for draw in draws)
    assert abs(counts[True] - 10_000) <= 100


def test_draws_are_even_over_time_and_never_the_same_way_twice() -> None:
    first, second = (list(islice(even_draws(), 512)) for _ in range(2))
    assert first != second
    for block in (first[:256], first[256:]):
        assert sorted(int(draw * 256) for draw in block) == list(range(256))


def test_the_same_key_goes_the_same_way_in_every_process() -> None:
    graphs = split((1, "a"), (1, "b"), key="input.user")
    ways = {
        user: run_graph(graphs, [good("a"), good("b")], {"user": user}).value for user in ("ann", "bob", "cid", "dan", "eve", "fay")
    }
    assert ways == {"ann": "a", "bob": "b", "cid": "b", "dan": "a", "eve": "a", "fay": "a"}


def test_a_key_that_fails_is_a_422() -> None:
    run = run_graph(split((1, "a"), key="input.nosuch"), [good("a")], {})
    assert run.error is not None
    assert (run.error.status, run.error.node) == (422, "predict")


@given(st.lists(st.floats(0, 1e9), min_size=1).filter(any), st.floats(0, 1))
def test_every_draw_has_somewhere_to_go(weights: list[float], draw: float) -> None:
    assert 0 <= bisect_right(between(weights), draw) < sum(weight > 0 for weight in weights)


@pytest.mark.parametrize(
    ("shares", "message"),
    [
        ([(0, "a"), (0, "a")], "all weights are 0"),
        ([(1e308, "a"), (1e308, "a")], "the weights have no sum"),
        ([(1, "nosuch")], "nosuch"),
    ],
)
def test_what_leads_nowhere_is_a_problem(shares: list[tuple[float, str]], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        run_graph(split(*shares), [good("a")])


@pytest.mark.parametrize(
    ("one", "other"), [(b"1", b"1.0"), (b"10", b"1e1"), (b'"a"', b'"\\u0061"'), (b" true", b"true"), (b"-0", b"-0.0")]
)
def test_a_key_is_the_same_however_its_json_is_written(one: bytes, other: bytes) -> None:
    assert canonical(Message(one)) == canonical(Message(other))
    assert canonical(Message(b"1")) != canonical(Message(b'"1"'))
