"""How property tests run: the same examples every time, and nothing kept; few in the fast suite, many in the slow one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings

_UNUSUAL = (HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much)
_PHASES = (Phase.explicit, Phase.generate, Phase.shrink)
SEEDED = settings(derandomize=True, database=None, deadline=None, max_examples=18, phases=_PHASES, suppress_health_check=_UNUSUAL)


def law(*drawn: Any, few: int = 10, many: int = 30) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Make a test of a claim about what is drawn: one that checks few examples, and a slow one that checks many."""

    def both(claim: Callable[..., None]) -> Callable[..., None]:
        quick = settings(SEEDED, max_examples=few)(given(*drawn)(claim))
        deep = settings(SEEDED, max_examples=many)(given(*drawn)(claim))

        @pytest.mark.parametrize("check", [pytest.param(quick, id="few"), pytest.param(deep, id="many", marks=pytest.mark.slow)])
        def test(check: Callable[[], None]) -> None:
            check()

        test.__name__, test.__doc__ = claim.__name__, claim.__doc__
        return test

    return both
