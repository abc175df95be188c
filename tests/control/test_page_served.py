"""The dashboard as the admin API serves it: what it shows and asks for is what the API has."""

from __future__ import annotations

from pathlib import Path

import pytest

from plait.control.merge import put
from plait.control.plant import WorkerState
from tests.control.api.fakes import TOKEN, Admin, admin
from tests.control.browser import Tab, chromium
from tests.control.telling import graph, predictor, replica, snapshot
from tests.server.streaming import running

pytestmark = [pytest.mark.e2e, pytest.mark.slow]


def workers(at: Admin, revision: int) -> None:
    """One worker, which runs a revision and has answered requests."""
    at.plant.states = {1: WorkerState(1, 4711, revision, "2026-12-01T02:00:00+00:00")}
    setosa = predictor({"ok": 6}, 0.004, in_flight=2, replicas=[replica("127.0.0.1:8000"), replica("127.0.0.1:8010", ejected=True)])
    told = snapshot(1, pid=4711, revision=revision, graphs={"predict": graph({"200": 3}, 0.01)}, predictors={"setosa": setosa})
    at.plant.snapshots = [[told]]


async def entered(tab: Tab, port: int) -> None:
    await tab.go(f"http://127.0.0.1:{port}/ui")
    await tab.until("document.activeElement?.id === 'token'")
    await tab.type(TOKEN)
    await tab.press("Enter", 13)
    await tab.shows("#live", "live")


async def test_the_api_and_the_page_understand_each_other(tmp_path: Path) -> None:
    moved = put("predictors", "setosa", {"url": "http://127.0.0.1:8010"})
    async with admin(tmp_path) as at, running(at.app) as port, chromium() as browser:
        await at.ledger.propose(moved, author="api:ann", reason="it moved")
        workers(at, 2)
        tab = await browser.tab()
        await entered(tab, port)
        await tab.shows("#overview", "1 of 1 workers run it")
        await tab.shows("#predictor-list tr:nth-child(1)", "1 of 2")
        await tab.shows("#graph-list tr:nth-child(1)", "/predict")
        await tab.shows("#revision-list li:nth-child(1)", "it moved")
        await tab.click("#graph-list summary")
        await tab.until("document.querySelector('.frame img')?.naturalWidth")

        await tab.click('[aria-label="Exclude spare"]')
        await tab.type("no longer needed")
        await tab.press("Enter", 13)
        await tab.shows("#said", "spare: excluded")
        await tab.shows("#predictor-list tr:nth-child(3)", "no longer needed")
        at.bus.publish("excluded", predictor="spare", author="api")
        await tab.shows("#event-list li:nth-child(1)", "predictor spare")

        await tab.click('[aria-label="Roll back to revision 1"]')
        await tab.click("#ask-yes")
        await tab.shows("#said", "Rolled back to revision 1")
        await tab.shows("#revision-list li:nth-child(1) .badge", "active")
        assert at.ledger.active.number == 3
        assert at.ledger.active.data == at.ledger.revisions[0].data
        assert tab.said == []
        await tab.close()
