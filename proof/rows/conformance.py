"""HTTP/1.1 as others test it: an adapter between a set of cases and the table."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from proof.row import Figures, Goal, Row, Run
from proof.serving import serving

Check = Callable[[str], Awaitable[Mapping[str, str]]]
"""Puts every case to a server's URL: what was wrong with each, by its name; nothing for one that passed."""


@dataclass(frozen=True, slots=True)
class Scale:
    """There is but one: all of them."""


def row(check: Check, cases: int) -> Row[Scale]:
    """The row of so many cases."""

    async def measure(_: Scale, run: Run) -> Figures:
        async with serving({"graphs": {"predict": {"transform": {"a": 1}}}}, run.folder) as served:
            told = await check(served.url)
        run.progress(1)
        return {"wrong": sum(bool(wrong) for wrong in told.values()), "cases": len(told)}

    return Row(
        name="conformance",
        promise="HTTP/1.1 conformance cases passed (Http11Probe's 125)",
        elsewhere="112; uvicorn 85",
        goal="0 wrong",
        how="Every case of tests/conformance, put to a real process over a raw socket.",
        goals=(Goal("wrong", 0), Goal("cases", cases, at_least=True)),
        measure=measure,
        full=Scale(),
        short=Scale(),
    )
