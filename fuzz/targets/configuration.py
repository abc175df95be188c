"""Files: loaded or refused, in time and in words for people; what is loaded says the same when it is written."""

from __future__ import annotations

import encodings.idna
import sys
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from types import ModuleType
from typing import NoReturn, TypeVar, get_args

import jsonschema_rs

from fuzz.allowance import within
from plait.errors import ConfigError
from plait.expr import plan
from plait.graph import advice, check, tls
from plait.graph.dump import to_yaml
from plait.graph.load import Loaded, load_text
from plait.graph.problems import problems_text
from plait.graph.text import Kind
from plait.http1 import certificates

LAZY = (jsonschema_rs, plan, advice, check, tls, certificates, unicodedata, encodings.idna)
"""What plait, and what it uses, load when it is needed: loaded with the rest here, so that its coverage counts."""
_ENVIRON = {"A": "a", "TOKEN": "se cret", "BRACES": "${input}", "SERVICE_B": "b:1"}
_SECONDS, _SECONDS_PER_KB = 0.2, 0.05
_T = TypeVar("_T")


def one_input(data: bytes) -> None:
    """Take the bytes for a file of each kind."""
    with no_imports():
        for kind in get_args(Kind):
            loaded = refusing(lambda kind=kind: load_text(data, _ENVIRON, kind), len(data))  # type: ignore[misc]
            if loaded is not None:
                again(loaded, len(data))


def again(loaded: Loaded, size: int) -> None:
    """Accept what says the same when it is written: as it was, and as it has become."""
    copy = load_text(loaded.to_yaml(), _ENVIRON)
    assert copy.config == loaded.config
    text = refusing(lambda: to_yaml(loaded.config, loaded.written), size)
    if text is not None:  # with what a variable has put in, a file may be too large, or say what would be replaced
        assert load_text(text, _ENVIRON).config == loaded.config


def refusing(load: Callable[[], _T], size: int) -> _T | None:
    """What is loaded in time; None if it is refused, with problems that a terminal can show."""
    try:
        return within(_SECONDS + _SECONDS_PER_KB * size / 1024, load)
    except ConfigError as exc:
        problems, source = exc.problems, exc.source
    assert problems
    assert all(problem.message for problem in problems)
    assert problems_text(problems, source).replace("\n", "").isprintable(), problems_text(problems, source)
    return None


class Refusal:
    """Refuses to import what is not there already: a file may name any module as that of a `python` node."""

    def find_spec(self, name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> NoReturn:  # noqa: ARG002
        raise ModuleNotFoundError(f"no module is imported while fuzzing, not {name}")


@contextmanager
def no_imports() -> Iterator[None]:
    """Only the modules that are loaded can be named; the module path stays as it is."""
    refusal, path = Refusal(), sys.path[:]
    sys.meta_path.insert(0, refusal)
    try:
        yield
    finally:
        sys.meta_path.remove(refusal)
        sys.path[:] = path
