"""Time that work may take."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from typing import TypeVar

_T = TypeVar("_T")


def within(seconds: float, work: Callable[[], _T]) -> _T:
    """What the work gives or raises, if that takes no more of the processor's time: a busy machine makes nothing slow.

    Raises:
        AssertionError: If it takes too long, and twice again when it is done anew.
    """
    begun = time.process_time()
    try:
        return work()
    finally:
        if time.process_time() - begun > seconds:
            taken = min(_again(work), _again(work))
            assert taken <= seconds, f"took {taken:.3f} s and may take {seconds:.3f} s"


def _again(work: Callable[[], object]) -> float:
    begun = time.process_time()
    with contextlib.suppress(Exception):
        work()
    return time.process_time() - begun
