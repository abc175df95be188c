"""What can be sent, and what is refused before it is."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from plait.client.body import encode
from plait.errors import BadRequest

NAN, INFINITY = float("nan"), float("inf")


@dataclass
class Flower:
    data: list[float]


@pytest.mark.parametrize(
    ("data", "sent"),
    [
        ({"data": [[1.0, 2]]}, {"data": [[1.0, 2]]}),
        (None, None),
        ({"a": None, "null": "null"}, {"a": None, "null": "null"}),
        (2**70, 2**70),
        (Flower([1.5]), {"data": [1.5]}),
        ({"data": np.array([[1.0, 2.0]]), "n": np.int64(3)}, {"data": [[1.0, 2.0]], "n": 3}),
    ],
    ids=["plain", "None", "nulls", "a large number", "a dataclass", "arrays"],
)
def test_plain_python_dataclasses_and_arrays_are_sent(data: Any, sent: Any) -> None:
    assert json.loads(encode(data)) == sent


@pytest.mark.parametrize(
    ("data", "place"),
    [
        (NAN, "data is nan"),
        ({"data": [[1.0, INFINITY]]}, r"data\['data'\]\[0\]\[1\] is inf"),
        ([None, {"x": (1, -INFINITY)}], r"data\[1\]\['x'\]\[1\] is -inf"),
        (Flower([NAN]), r"data\['data'\]\[0\] is nan"),
        ({"data": np.array([[0.0, NAN]])}, r"data\['data'\]\[0\]\[1\] is nan"),
    ],
    ids=["itself", "in lists", "in a tuple", "in a dataclass", "in an array"],
)
def test_a_number_that_json_lacks_is_refused_with_its_place(data: Any, place: str) -> None:
    with pytest.raises(BadRequest, match=f"the data is no JSON: {place}, and JSON has no NaN and no infinity; send None"):
        encode(data)


def test_what_is_no_json_is_refused_with_advice() -> None:
    endless: list[Any] = []
    endless.append(endless)
    for data, said in (
        ({"a": object()}, "an object of class object; give lists, dicts"),
        ({"a": "\ud800"}, "a text in it is no Unicode"),
        (endless, "contains itself"),
        ({(1, 2): 3}, "an object of class tuple"),
    ):
        with pytest.raises(BadRequest, match=said):
            encode(data)
