"""`${env.NAME}` in string values, replaced by the environment's variables."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from plait.nodes.link import At

# What is escaped, as `$${`, is not looked into.
_REFERENCE = re.compile(r"\$\$\{|\$\{\s*env\s*\.\s*([A-Za-z_][A-Za-z0-9_]*)\s*\}|\$\{\s*env\b")

Report = Callable[[At, str, str], None]


def names_variable(text: str) -> bool:
    """Whether a text has a `${env.…}` that would be replaced, or would have to be."""
    return any(found[0] != "$${" for found in _REFERENCE.finditer(text))


def substitute(value: Any, environ: Mapping[str, str], report: Report, at: At = ()) -> Any:
    """The same data with every `${env.NAME}` replaced, in values, not in keys; what else is in `${…}` stays.

    Args:
        value: Data nested at most 64 deep.
        environ: The variables.
        report: Told path, message and hint of each reference that cannot be replaced; it stays as it is.
        at: The path of `value`.
    """
    if isinstance(value, dict):
        return {key: substitute(member, environ, report, (*at, key)) for key, member in value.items()}
    if isinstance(value, list):
        return [substitute(item, environ, report, (*at, place)) for place, item in enumerate(value)]
    if not isinstance(value, str) or "${" not in value:
        return value

    def replaced(found: re.Match[str]) -> str:
        return _replacement(found, environ, lambda message, hint: report(at, message, hint))

    return _REFERENCE.sub(replaced, value)


def as_written(before: Any, after: Any) -> dict[str, str]:
    """By text that variables are in, the text that stood there before they were replaced."""
    if isinstance(before, str):
        return {after: before} if after != before else {}
    if isinstance(before, dict):
        return {new: old for key in before for new, old in as_written(before[key], after[key]).items()}
    pairs = zip(before, after, strict=True) if isinstance(before, list) else ()
    return {new: old for pair in pairs for new, old in as_written(*pair).items()}


def _replacement(found: re.Match[str], environ: Mapping[str, str], report: Callable[[str, str], None]) -> str:
    name = found[1]
    if found[0] == "$${":
        return found[0]
    if name is None:
        report("names no environment variable", "write it as ${env.NAME}")
    elif name not in environ:
        report(f"the environment variable {name} is not set", f"set {name}, or write $${{ for a plain ${{")
    elif "${" in environ[name]:
        # It would be run as an expression.
        report(f"the environment variable {name} contains ${{", "give it a value without")
    else:
        return environ[name]
    return found[0]
