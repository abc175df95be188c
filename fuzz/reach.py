"""Which inputs are worth keeping: those that reach lines of plait, in an order, that no other reaches."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from types import FrameType
from typing import Any, NamedTuple

import plait
from fuzz.shrink import shrink

TRIES = 400
_PLAIT = str(Path(plait.__file__).parent)


class Step(NamedTuple):
    """One line after another in a function."""

    file: str
    before: int
    line: int
    function: str


def worthwhile(one_input: Callable[[bytes], None], known: Iterable[bytes], others: Iterable[bytes]) -> Iterator[tuple[str, bytes]]:
    """Of some inputs those that reach more than the known ones, made small, each with a name that says where it gets."""
    seen: set[Step] = set().union(*(reached(one_input, data) for data in known))
    for data in sorted(others, key=len):
        new = reached(one_input, data) - seen
        if new:
            small = shrink(data, lambda shorter, new=new: new <= reached(one_input, shorter), TRIES)  # type: ignore[misc]
            seen |= reached(one_input, small)
            first = min(new)
            module = Path(first.file).stem.strip("_")
            yield f"{module}-{first.function.strip('_<>')}-{hashlib.sha256(small).hexdigest()[:6]}", small


def reached(one_input: Callable[[bytes], None], data: bytes) -> set[Step]:
    """The steps within plait that an input leads through; none if it is a find."""
    steps: set[Step] = set()

    def begin(frame: FrameType, _event: str, _arg: Any) -> Callable[..., Any] | None:
        code = frame.f_code
        if not code.co_filename.startswith(_PLAIT):
            return None
        before = 0

        def line(frame: FrameType, event: str, _arg: Any) -> Callable[..., Any]:
            nonlocal before
            if event == "line":
                steps.add(Step(code.co_filename, before, frame.f_lineno, code.co_name))
                before = frame.f_lineno
            return line

        return line

    sys.settrace(begin)
    try:
        one_input(data)
    except Exception:  # noqa: BLE001 - a find is dealt with elsewhere
        return set()
    finally:
        sys.settrace(None)
    return steps
