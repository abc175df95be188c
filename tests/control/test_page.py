"""The dashboard in a real browser, against an admin port that is made up."""

from __future__ import annotations

import asyncio
import json
import random
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import pytest
import pytest_asyncio

from plait.control import page
from plait.control.page import HEADERS, assets
from plait.control.quantiles import Times
from plait.server.tally import BOUNDS
from tests.control.browser import Browser, Tab, chromium
from tests.control.plant import EVIL, TOKEN, Plant, accuracy, predictor, replica
from tests.control.telling import took
from tests.server.streaming import running

NOTHING = "\N{EN DASH}"

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.asyncio(loop_scope="module")]


@dataclass
class Visit:
    """A tab that looks at a plant."""

    tab: Tab
    plant: Plant
    url: str

    async def enter(self, token: str = TOKEN, author: str = "") -> None:
        """Write the token as people do, and the name."""
        await self.tab.until("document.activeElement?.id === 'token'")
        await self.tab.type(token)
        if author:
            await self.tab.value("document.querySelector('#author').focus()")
            await self.tab.type(author)
        await self.tab.press("Enter", 13)

    async def opened(self, author: str = "") -> asyncio.Queue[bytes]:
        """Enter, and wait until all is shown; what is put into the queue is told as events."""
        await self.enter(author=author)
        await self.tab.shows("#live", "live")
        return await self.plant.streams.get()

    async def again(self, stream: asyncio.Queue[bytes]) -> None:
        """Have the page look again, because something has happened."""
        self.plant.looks.clear()
        stream.put_nowait(told("worker", worker=1))
        await self.plant.looks.wait()


def told(kind: str, **facts: Any) -> bytes:
    return f"event: {kind}\ndata: {json.dumps(facts)}\n\n".encode()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as started:
        yield started


@pytest_asyncio.fixture(loop_scope="module")
async def visit(browser: Browser) -> AsyncIterator[Visit]:
    """A page that has just been opened; whatever it does, nothing may be complained about."""
    plant = Plant()
    async with running(plant) as port:
        tab = await browser.tab()
        await tab.look()
        url = f"http://127.0.0.1:{port}/ui"
        await tab.go(url)
        yield Visit(tab, plant, url)
        assert tab.said == []
        await tab.close()


async def test_nothing_is_shown_or_asked_for_before_the_token(visit: Visit) -> None:
    await visit.tab.until("document.activeElement?.id === 'token'")
    assert not await visit.tab.value("document.querySelector('#house').checkVisibility()")
    assert {url.split("?")[0] for url in visit.plant.urls} <= {*assets(), "/favicon.ico"}


async def test_a_wrong_token_opens_nothing_and_is_not_kept(visit: Visit) -> None:
    await visit.enter("guessed")
    await visit.tab.shows("#denied", "This is not the token.")
    assert not await visit.tab.value("document.querySelector('#house').checkVisibility()")
    assert "guessed" not in await visit.tab.value("JSON.stringify(sessionStorage)")
    await visit.tab.value("document.querySelector('#token').value = ''")
    await visit.enter("clé")
    await visit.tab.shows("#denied", "letters that no token has")


async def test_the_token_is_only_in_the_session_and_in_no_url(visit: Visit) -> None:
    await visit.opened()
    assert TOKEN in await visit.tab.value("JSON.stringify(sessionStorage)")
    assert await visit.tab.value("localStorage.length + document.cookie.length") == 0
    assert await visit.tab.value("location.href") == visit.url
    assert TOKEN not in await visit.tab.value("document.documentElement.outerHTML + document.querySelector('#token').value")
    assert not any(TOKEN in url for url in visit.plant.urls)


async def test_a_tab_that_is_loaded_again_stays_open_and_a_locked_one_has_forgotten_all(visit: Visit) -> None:
    await visit.opened()
    await visit.tab.value("location.reload()")
    await visit.tab.shows("#predictor-list", "versicolor")
    await visit.tab.click("#leave")
    await visit.tab.until("document.querySelector('#door')?.checkVisibility() && !document.body.textContent.includes('versicolor')")
    assert TOKEN not in await visit.tab.value("JSON.stringify(sessionStorage)")


async def test_a_token_that_is_no_longer_right_locks_the_page(visit: Visit) -> None:
    stream = await visit.opened()
    visit.plant.token = "another"  # noqa: S105 - of this test
    stream.put_nowait(told("worker", worker=1))
    await visit.tab.shows("#denied", "The token is no longer right.")
    assert not await visit.tab.value("document.body.textContent.includes('versicolor')")


SHOWN = (
    ("#overview .poor", "1 of 2 workers run it, watched for 40 s more"),
    ("#overview .bad", "invalid"),
    ("#overview", "sqlite"),
    ("#alerts", "line 12, graphs.label: unknown name"),
    ("#alerts", "Most replicas of virginica are out"),
    ("#graph-list tr:nth-child(2) th", "label /predict/label"),
    ("#graph-list tr:nth-child(2) td:nth-child(3) .bad", "2.5 %"),
    ("#graph-list tr:nth-child(3) td:nth-child(4)", NOTHING),
    ("#predictor-list tr:nth-child(1) .good", "well"),
    ("#predictor-list tr:nth-child(1) td:nth-child(8)", "97 % of 1,000"),
    ("#predictor-list tr:nth-child(2)", "version 2, but it says 1"),
    ("#predictor-list tr:nth-child(2) summary", "1 of 2"),
    ("#predictor-list tr:nth-child(3) .bad", "most are out"),
    ("#predictor-list tr:nth-child(3)", "12 wait"),
    ("#predictor-list tr:nth-child(4) .off", "excluded"),
    ("#predictor-list tr:nth-child(4) button", "Include"),
    ("#worker-list tr:nth-child(1) .good", "revision 7"),
    ("#worker-list tr:nth-child(2) .poor", "revision 6"),
    ("#worker-list tr:nth-child(2) li", "no room"),
    ("#revision-list li:nth-child(1) .badge", "active"),
    ("#revision-list li:nth-child(2)", "2 differences"),
    ("#foot", "plait 0.1.0"),
)
"""What an operator should find, and where."""


async def test_an_operator_sees_how_all_is(visit: Visit) -> None:
    await visit.opened()
    for selector, text in SHOWN:
        await visit.tab.shows(selector, text)


async def test_names_and_errors_that_are_markup_stay_words(visit: Visit) -> None:
    visit.plant.status["predictors"][EVIL] = predictor(replica(EVIL, ejected=1), version=(EVIL, "1"))
    visit.plant.status["graphs"][EVIL] = visit.plant.status["graphs"]["predict"] | {"route": EVIL}
    visit.plant.status["version"] = visit.plant.status["store"]["kind"] = EVIL
    visit.plant.status["rollout"] = {"revision": 7, "previous": 6, "state": "kept", "reason": EVIL}
    stream = await visit.opened()
    stream.put_nowait(told(EVIL, author=EVIL, other={EVIL: EVIL}))
    await visit.tab.shows("#event-list b", EVIL)
    await visit.tab.value("for (const each of document.querySelectorAll('details')) each.open = true")
    await visit.tab.until("document.querySelectorAll('.frame img').length === 4")
    await visit.tab.until("[...document.images].every((each) => each.complete && each.naturalWidth)")
    assert await visit.tab.value("document.title") == "plait, revision 7"
    assert await visit.tab.value("document.querySelectorAll('[onerror], body script, [style]').length") == 0


async def test_the_policy_keeps_out_what_is_inline(visit: Visit) -> None:
    await visit.opened()
    await visit.tab.value(
        "document.body.append(document.createRange().createContextualFragment('<script>document.title = 1</script>'))"
    )
    assert await visit.tab.value("document.title") == "plait, revision 7"
    assert any("Content Security Policy" in line for line in visit.tab.said)
    visit.tab.said.clear()


async def test_a_predictor_is_excluded_with_a_reason_and_a_name(visit: Visit) -> None:
    await visit.opened(author="ann b.")
    await visit.tab.click('[aria-label="Exclude setosa"]')
    await visit.tab.until("document.activeElement.id === 'reason'")
    await visit.tab.type("too slow: é today")
    await visit.tab.press("Enter", 13)
    path, headers, body = await visit.plant.asked.get()
    assert (path, body) == ("/predictors/setosa:exclude", {"reason": "too slow: é today"})
    assert headers["origin"] == visit.url.removesuffix("/ui")
    assert (headers["authorization"], headers["x-plait-author"]) == (f"Bearer {TOKEN}", "ann b.")
    await visit.tab.shows("#said", "setosa: excluded")
    assert not await visit.tab.value("document.querySelector('#ask').open")


@pytest.mark.parametrize(
    ("button", "path"), [("Drain setosa", "/predictors/setosa:drain"), ("Include detector", "/predictors/detector:include")]
)
async def test_the_other_buttons_of_predictors(visit: Visit, button: str, path: str) -> None:
    await visit.opened()
    await visit.tab.click(f'[aria-label="{button}"]')
    await visit.tab.click("#ask-yes")
    assert (await visit.plant.asked.get())[0] == path


async def test_a_change_that_plait_refuses_is_explained_in_the_dialog(visit: Visit) -> None:
    await visit.opened()
    problem = {"path": "graphs.predict", "line": None, "message": f"needs it {EVIL}", "hint": "take it out of require"}
    visit.plant.refusal = 409, {"title": "Conflict", "detail": "setosa is the last branch", "problems": [problem]}
    await visit.tab.click('[aria-label="Exclude setosa"]')
    await visit.tab.click("#ask-yes")
    await visit.tab.shows("#ask-error", "setosa is the last branch")
    await visit.tab.shows("#ask-error li", f"graphs.predict: needs it {EVIL} (take it out of require)")
    await visit.tab.press("Escape", 27)
    await visit.tab.until("!document.querySelector('#ask').open")
    assert await visit.tab.value("document.activeElement.getAttribute('aria-label')") == "Exclude setosa"


async def test_what_has_not_come_about_yet_is_told(visit: Visit) -> None:
    await visit.opened()
    for deed, facts, words in (
        ("Exclude", {"pending": [2]}, "setosa: excluded; not all workers run it yet"),
        ("Drain", {"pending": [], "in_flight": 3}, "setosa: drained; 3 of its calls are still in flight"),
    ):
        visit.plant.refusal = 202, {"revision": 8, **facts}
        await visit.tab.click(f'[aria-label="{deed} setosa"]')
        await visit.tab.click("#ask-yes")
        await visit.tab.shows("#said", words)


async def test_rolling_back_shows_what_it_undoes_and_is_guarded_by_the_revision_that_was_seen(visit: Visit) -> None:
    await visit.opened()
    await visit.tab.click('[aria-label="Roll back to revision 5"]')
    await visit.tab.shows("#ask-text", "content of 5 takes the place of 7")
    await visit.tab.value("document.querySelector('#ask details').open = true")
    await visit.tab.shows("#ask .removed", "predictors.old")
    await visit.tab.shows("#ask .changed del", "http://127.0.0.1:8000")
    visit.plant.refusal = 412, {"title": "Precondition Failed"}
    await visit.tab.click("#ask-yes")
    path, headers, _ = await visit.plant.asked.get()
    assert (path, headers["if-match"]) == ("/revisions/5:activate", '"7"')
    await visit.tab.shows("#ask-error", "Somebody else made a change meanwhile.")
    await visit.tab.click("#ask-yes")
    await visit.plant.asked.get()
    await visit.tab.shows("#said", "Rolled back to revision 5")


async def test_a_new_revision_appears_by_itself(visit: Visit) -> None:
    stream = await visit.opened()
    visit.plant.status["revision"] = 8
    visit.plant.revisions.insert(0, {**visit.plant.revisions[0], "number": 8, "reason": "one more"})
    stream.put_nowait(told("revision", revision=8))
    await visit.tab.shows("#revision-list li:first-child", "one more")
    await visit.tab.shows("#revision-list li:first-child .badge", "active")
    assert not await visit.tab.value("document.querySelector('#revision-list li:nth-child(2) .badge').checkVisibility()")


async def test_older_revisions_are_fetched_and_stay_when_there_is_a_newer_one(visit: Visit) -> None:
    stream = await visit.opened()
    await visit.tab.click("#older")
    await visit.tab.shows("#revision-list li:nth-child(4)", "the first")
    assert not await visit.tab.value("document.querySelector('#older').checkVisibility()")
    visit.plant.status["revision"] = 8
    visit.plant.revisions.insert(0, {**visit.plant.revisions[0], "number": 8})
    stream.put_nowait(told("revision", revision=8))
    await visit.tab.shows("#revision-list li:nth-child(5)", "the first")
    assert not await visit.tab.value("document.querySelector('#older').checkVisibility()")
    await visit.tab.click('[aria-label="Roll back to revision 4"]')
    visit.plant.broken = True
    await visit.tab.click("#ask-yes")
    await visit.tab.shows("#ask-error", "the store does not answer")


async def test_events_come_live_and_the_stream_is_taken_up_again(visit: Visit) -> None:
    stream = await visit.opened()
    for place in range(120):
        stream.put_nowait(told("mark", predictor="setosa", reason=f"reason {place}"))
    await visit.tab.shows("#event-list li:first-child", "reason 119")
    assert await visit.tab.value("document.querySelectorAll('#event-list li').length") == 100
    stream.put_nowait(b"")
    second = await visit.plant.streams.get()
    second.put_nowait(told("file", valid=True))
    await visit.tab.shows("#event-list li:first-child", "file")
    await visit.tab.shows("#live", "live")


async def test_a_plait_that_does_not_answer_is_said_and_all_is_as_before_when_it_does(visit: Visit) -> None:
    stream = await visit.opened()
    visit.plant.broken = True
    stream.put_nowait(told("store", up=False))
    await visit.tab.shows("#link", "No answer")
    assert await visit.tab.value("document.querySelector('#house').classList.contains('stale')")
    visit.plant.broken = False
    await visit.tab.shows("#link", "connected")
    await visit.tab.shows("#predictor-list", "versicolor")


async def test_focus_and_what_was_opened_stay_when_numbers_change(visit: Visit) -> None:
    stream = await visit.opened()
    await visit.tab.value("document.querySelector('#predictor-list tr:nth-child(2) details').open = true")
    await visit.tab.value("document.querySelector('[aria-label=\"Drain versicolor\"]').focus()")
    visit.plant.status["predictors"]["versicolor"]["in_flight"] = 9
    visit.plant.status["predictors"] = {"another": predictor(), **visit.plant.status["predictors"]}
    await visit.again(stream)
    await visit.tab.shows("#predictor-list tr:nth-child(3)", "9 of 64")
    assert await visit.tab.value("document.activeElement.getAttribute('aria-label')") == "Drain versicolor"
    assert await visit.tab.value("document.querySelector('#predictor-list tr:nth-child(3) details').open")


async def test_of_a_thousand_predictors_those_with_trouble_come_first_and_any_can_be_found(visit: Visit) -> None:
    visit.plant.status["predictors"] = {f"p{place}": predictor(replica("a:1"), panic=int(place == 900)) for place in range(1000)}
    await visit.opened()
    await visit.tab.shows("#predictor-list tbody tr:first-child th", "p900")
    await visit.tab.shows("#predictor-list .finder", "50 of 1000")
    await visit.tab.value("document.querySelector('#predictor-list input').focus()")
    await visit.tab.type("p77")
    await visit.tab.until("document.querySelectorAll('#predictor-list tbody tr').length === 11")
    await visit.tab.value("document.querySelector('#predictor-list input').value = 'nobody'")
    await visit.tab.type("!")
    await visit.tab.shows("#predictor-list .none", "No predictor is called so.")


@pytest.mark.parametrize("width", [320, 400, 768, 1280, 1920])
async def test_no_width_makes_it_wider_than_the_window(visit: Visit, width: int) -> None:
    await visit.tab.look(width=width)
    await visit.opened()
    await visit.tab.value("for (const each of document.querySelectorAll('details')) each.open = true")
    await visit.tab.until("document.querySelectorAll('.frame img').length === 3")
    assert await visit.tab.value("document.documentElement.scrollWidth") <= width


CONTRAST = """(() => {
  const part = (one) => one <= 0.03928 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4;
  const read = (colour) => /^rgba?\\(([^)]*)\\)/.exec(colour)[1].split(/[ ,/]+/).map(Number);
  const light = ([r, g, b]) => 0.2126 * part(r / 255) + 0.7152 * part(g / 255) + 0.0722 * part(b / 255);
  const worded = (each) => each.nodeType === 3 && each.data.trim();
  const behind = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const colour = read(getComputedStyle(at).backgroundColor);
      if (colour.length < 4 || colour[3] === 1) return colour;
    }
    return [255, 255, 255];
  };
  const found = [];
  for (const element of document.body.querySelectorAll("*")) {
    if (!element.checkVisibility() || !element.getClientRects().length || ![...element.childNodes].some(worded)) continue;
    const colours = [read(getComputedStyle(element).color), behind(element)];
    const [one, two] = colours.map(light).sort((a, b) => b - a);
    if ((one + 0.05) / (two + 0.05) < 4.5) found.push([element.textContent, ...colours]);
  }
  return found;
})()"""
"""All texts that stand out less than the WCAG wants: 4.5 to 1."""


@pytest.mark.parametrize("hour", ["day", "night"])
async def test_every_word_can_be_read_by_day_and_by_night(visit: Visit, hour: str) -> None:
    await visit.tab.look(dark=hour == "night")
    await visit.tab.until("document.activeElement?.id === 'token'")
    assert await visit.tab.value(CONTRAST) == []
    await visit.opened()
    assert await visit.tab.value(CONTRAST) == []
    await visit.tab.click('[aria-label="Roll back to revision 5"]')
    assert await visit.tab.value(CONTRAST) == []


async def test_whatever_can_be_used_has_a_name_of_its_own_for_those_who_hear_the_page(visit: Visit) -> None:
    await visit.opened()
    await visit.tab.click('[aria-label="Exclude setosa"]')
    nodes = (await visit.tab.tell("Accessibility.getFullAXTree"))["nodes"]
    await visit.tab.click("#ask-no")
    nodes += (await visit.tab.tell("Accessibility.getFullAXTree"))["nodes"]
    used = [(node["role"]["value"], node["name"]["value"].strip()) for node in nodes if not node["ignored"] and "name" in node]
    roles = {"button", "link", "textbox", "searchbox", "dialog", "table", "log", "region", "image"}
    assert {"dialog", "log", "table", "region"} <= {role for role, _ in used}
    assert [role for role, name in used if role in roles and not name] == []
    buttons = [name for role, name in used if role == "button" and name.split()[0] in {"Exclude", "Drain", "Include", "Roll"}]
    assert {"Exclude setosa", "Drain setosa", "Include detector", "Roll back to revision 6"} <= set(buttons)


async def asked(visit: Visit, file: str, script: str) -> Any:
    """What a script gives that has a file of the page as `it`."""
    await visit.tab.until("document.activeElement?.id === 'token'")
    return await visit.tab.value(f"import('/ui/{file}').then((it) => {script})")


async def test_quantiles_are_those_that_plait_judges_by(visit: Visit) -> None:
    draw = random.Random(7)
    for times in (
        [0.02] * 10,
        [0.049] * 9,
        [0.02] * 90 + [0.2] * 10,
        [100.0],
        [0.0005],
        [each / 1000 for each in draw.choices(range(1, 2000), k=500)],
    ):
        facts = took(*times)
        for share in (0.01, 0.5, 0.95, 0.99, 1):
            found = await asked(visit, "numbers.js", f"it.quantile({share}, {json.dumps(facts)}, {list(BOUNDS)})")
            assert found == pytest.approx(Times(facts["buckets"], facts["sum"]).quantile(share)), (share, times)
    assert await asked(visit, "numbers.js", f"it.quantile(0.5, {json.dumps(took())})") is None


async def test_a_revision_that_was_taken_back_is_told_of_and_so_is_a_store_that_is_down(visit: Visit) -> None:
    visit.plant.status["rollout"] = {"revision": 7, "previous": 6, "state": "taken back", "reason": "31 % fail"}
    visit.plant.status["store"] = {"ok": False, "kind": "postgresql", "error": "no route to db"}
    await visit.opened()
    await visit.tab.shows("#alerts", "Revision 7 was worse than 6 and was taken back.31 % fail")
    await visit.tab.shows("#alerts", "The store does not answer.")
    await visit.tab.shows("#alerts", "no route to db")
    await visit.tab.shows("#overview .bad", "down")


async def test_what_nobody_has_told_of_is_not_called_well_and_columns_without_a_word_are_not_shown(visit: Visit) -> None:
    visit.plant.status["predictors"] = {"new": predictor(in_flight=0, limit=0)}
    visit.plant.status["workers"] = [{"proxy": "one", "worker": 1, "running": 7}]
    stream = await visit.opened()
    await visit.tab.shows("#predictor-list tr:nth-child(1) .badge", "no word of it yet")
    titles = "[...document.querySelectorAll('th')].filter((each) => each.checkVisibility()).map((each) => each.textContent)"
    assert not {"Right", "Says"} & set(await visit.tab.value(titles))
    visit.plant.status["workers"][0]["warnings"] = ["no answer to the sample"]
    visit.plant.status["predictors"]["new"] |= {"limit": 16, "accuracy": accuracy(0.5, 10)}
    stream.put_nowait(told("worker", worker=1))
    await visit.tab.shows("#worker-list", "no answer to the sample")
    await visit.tab.shows("#predictor-list .good", "well")
    assert {"Right", "Says"} <= set(await visit.tab.value(titles))


async def test_workers_of_several_proxies_are_told_apart(visit: Visit) -> None:
    visit.plant.status["workers"].append({"proxy": "two", "worker": 1, "running": 7})
    await visit.opened()
    for place, name in enumerate(("1 of one", "2 of one", "1 of two"), 1):
        await visit.tab.shows(f"#worker-list tr:nth-child({place}) th", name)


async def test_counts_that_have_fallen_began_anew(visit: Visit) -> None:
    assert await asked(visit, "numbers.js", "it.share({200: 3, 500: 1}, {200: 9}, (code) => code >= '500')") == {
        "all": 4,
        "bad": 0.25,
    }
    assert await asked(visit, "numbers.js", "it.share({200: 13, 500: 1}, {200: 9}, (code) => code >= '500')") == {
        "all": 5,
        "bad": 0.2,
    }
    script = f"it.between({json.dumps(took(0.1))}, {json.dumps(took(0.1, 0.2))}).count"
    assert await asked(visit, "numbers.js", script) == 1


WRITTEN = (
    ("duration(0.0123)", "12 ms"),
    ("duration(0.00123)", "1.2 ms"),
    ("duration(1.25)", "1.3 s"),
    ("duration(0.9999)", "1.0 s"),
    ("duration(null)", NOTHING),
    ("percent(0)", "0 %"),
    ("percent(0.0004)", "< 0.1 %"),
    ("percent(0.0123)", "1.2 %"),
    ("percent(1)", "100 %"),
    ("amount(12345.6)", "12,346"),
    ("amount(0.44)", "0.4"),
    ("ago('2026-12-01T00:00:00Z', Date.UTC(2026, 11, 1, 2, 1))", "2 hours ago"),
    ("ago('2026-12-01T00:00:05Z', Date.UTC(2026, 11, 1))", "just now"),
    ("ago('never')", NOTHING),
)


async def test_numbers_are_written_for_people(visit: Visit) -> None:
    for call, shown in WRITTEN:
        assert await asked(visit, "numbers.js", f"it.{call}") == shown, call


async def test_events_are_read_the_same_however_they_are_cut(visit: Visit) -> None:
    text = ": hello\r\n\r\nevent: a\ndata: 1\ndata:2\nid: 7\n\ndata\n\nevent: none\n\r\revent:b\rdata: \u2028é\r\rdata: lost"
    wanted = [["a", "1\n2"], ["message", ""], ["b", "\u2028é"]]
    draw = random.Random(5)
    for _ in range(20):
        cuts = sorted(draw.sample(range(1, len(text)), 6))
        pieces = [text[low:high] for low, high in zip([0, *cuts], [*cuts, len(text)], strict=True)]
        script = "((r) => %s.flatMap((piece) => [...r.read(piece)].map(({kind, data}) => [kind, data])))(new it.Reader())"
        assert await asked(visit, "stream.js", script % json.dumps(pieces)) == wanted, pieces


async def test_patience_grows_and_has_an_end(visit: Visit) -> None:
    waits = await asked(visit, "stream.js", "[0, 1, 2, 10, 1000].map((tries) => [it.patience(tries, 0), it.patience(tries, 1)])")
    assert waits == [[250, 500], [500, 1000], [1000, 2000], [7500, 15000], [7500, 15000]]


FILES = {path: body.decode() for path, (body, _) in assets().items()}


@pytest.mark.parametrize("path", FILES)
async def test_a_file_of_the_page_takes_nothing_from_elsewhere_and_nothing_inline(path: str) -> None:
    text = FILES[path].replace("http://www.w3.org/", "")
    assert "://" not in text
    assert not re.search(
        r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|new Function|localStorage|\.cookie", text
    )
    if path == "/ui":
        assert not re.search(r"\sstyle=|\son\w+=|<style|<script(?! src)", text)
    for found in re.findall(r"(?:from|import|src=|href=)\s*\(?\"([^\"#]+)\"", text):
        assert urljoin(path, found) in FILES


async def test_every_file_is_an_asset_with_a_type() -> None:
    folder = Path(page.__file__).parent
    names = {each.name for each in folder.iterdir() if each.suffix not in {".py", ".pyc"} and each.is_file()}
    assert {path.rpartition("/")[2] for path in FILES} == {"ui" if name == "index.html" else name for name in names}
    assert all(kind.startswith(("text/", "image/")) for _, kind in assets().values())
    assert "unsafe" not in HEADERS["Content-Security-Policy"]
