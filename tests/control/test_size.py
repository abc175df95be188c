from typing import Any

import pytest

from plait.control.size import oversize
from plait.graph.build import MOST_VALUES
from plait.graph.text import LIMIT
from plait.jsontext import DEPTH


def nested(depth: int) -> Any:
    value: Any = 1
    for level in range(depth):
        value = [value] if level % 2 else {"a": value}
    return value


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({"a": nested(DEPTH - 1)}, None),
        ({"a": nested(DEPTH)}, "is nested more than 64 deep"),
        ({"a": nested(10_000)}, "is nested more than 64 deep"),
        ({"a": [0] * (MOST_VALUES - 2)}, None),
        ({"a": [0] * (MOST_VALUES - 1)}, "has more than 25,000 values"),
        ({"a": "x" * (LIMIT - 8)}, None),
        ({"a": "x" * (LIMIT - 7)}, "is larger than 1MiB"),
        ({"a": "\ud800"}, "is no JSON"),
        ({"a": object()}, "is no JSON"),
    ],
)
def test_a_configuration_is_no_larger_than_a_file(data: Any, message: str | None):
    assert [problem.message for problem in oversize(data)] == ([message] if message else [])
    assert all(problem.hint for problem in oversize(data))
