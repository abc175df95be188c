from __future__ import annotations

import functools
import json
from collections.abc import Callable
from typing import Any

import pytest

from plait.algebra.callables import function_name
from plait.errors import ConfigError


class Scorer:
    def method(self, value: Any, context: Any) -> Any:
        return value


def within() -> Callable[..., Any]:
    def inner() -> None: ...

    return inner


def test_a_function_of_a_module_has_its_name():
    assert function_name(json.dumps) == "json:dumps"
    assert function_name("package.module:function") == "package.module:function"


@pytest.mark.parametrize(
    ("function", "told"),
    [
        (lambda *_: None, "has no name outside of where it was made"),
        (within(), "has no name outside of where it was made"),
        (functools.partial(json.dumps), "is no function that has a name"),
        (Scorer(), "is no function that has a name"),
        (Scorer().method, "is something else than what was given"),
    ],
)
def test_what_cannot_be_found_again_is_refused(function: Callable[..., Any], told: str):
    with pytest.raises(ConfigError, match=f"{told} \\(move it to a module"):
        function_name(function)


def test_a_function_of_a_class_is_found_through_it():
    assert function_name(json.JSONDecoder.decode) == "json.decoder:JSONDecoder.decode"
