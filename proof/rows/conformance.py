"""HTTP/1.1 to the letter: every case of tests/conformance, put to a real process."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from proof.row import Figures, Goal, Row, Run
from proof.serving import serving
from tests.conformance.cases import JUDGED
from tests.conformance.runner import GRAPHS, judge


@dataclass(frozen=True, slots=True)
class Scale:
    """There is but one: all of them."""


async def _measure(_: Scale, run: Run) -> Figures:
    async with serving({"graphs": GRAPHS}, run.folder) as served:
        verdicts = await judge(urlsplit(served.url).port or 0, JUDGED)
    run.progress(1)
    return {"wrong": sum(bool(verdict.fault) for verdict in verdicts), "cases": len(verdicts)}


ROW = Row(
    name="conformance",
    promise="HTTP/1.1 conformance cases passed (Http11Probe's 125)",
    elsewhere="112; uvicorn 85",
    goal="0 wrong",
    how="Our own table of what that project and others test, each case over a raw socket.",
    goals=(Goal("wrong", 0), Goal("cases", 125, at_least=True)),
    measure=_measure,
    full=Scale(),
    short=Scale(),
)
