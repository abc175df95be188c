"""Python functions by the names that a file has for them."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

from plait.errors import ConfigError, Problem

_HINT = "move it to a module, as a function of its own"


def function_name(function: str | Callable[..., Any]) -> str:
    """The `module:function` under which a function is found again, in this process and in others.

    Args:
        function: The function, or already its name.

    Raises:
        ConfigError: If it cannot be found by a name: a lambda, a function within a function, a method of an object.
    """
    if isinstance(function, str):
        return function
    module, path = getattr(function, "__module__", None), getattr(function, "__qualname__", "")
    if not module or not path:
        raise _problem("is no function that has a name")
    if "<" in path:
        raise _problem(f"{path} has no name outside of where it was made")
    found: Any = sys.modules.get(module)
    for name in path.split("."):
        found = getattr(found, name, None)
    if found is not function:
        raise _problem(f"{module}:{path} is something else than what was given")
    return f"{module}:{path}"


def _problem(message: str) -> ConfigError:
    return ConfigError([Problem("python", message, _HINT, place=("python",))])
