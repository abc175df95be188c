"""docs/upstreams.md says what is true: its file runs, and every default that it names is the one in the code."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from plait.http1.problem import FINAL, RETRY_AFTER_SECONDS
from plait.spec.policies import EjectSpec, HealthSpec, HedgeSpec, LimitSpec, RetrySpec
from plait.spec.predictor import PredictorDefaults
from plait.testing import RawServer
from plait.testing.server import ok
from plait.upstream import defaults, share
from plait.upstream.names import FRESH
from plait.upstream.probes import JITTER
from plait.upstream.retry import NEVER_SENT, REPEATABLE
from plait.upstream.upstream import PATIENCE
from tests.docs.pages import sections
from tests.server.serving import post, proxy

PAGE = Path(__file__).parents[2] / "docs" / "upstreams.md"
TEXT = " ".join(PAGE.read_text(encoding="utf-8").split())
LIMIT, EJECT, HEALTH = LimitSpec(), EjectSpec(), HealthSpec()


@pytest.mark.parametrize(
    "said",
    [
        f"`limit: {{in_flight: {LIMIT.in_flight}, waiting: {LIMIT.waiting}}}`",
        f"from {defaults.FIRST_LIMIT}, down to {defaults.LEAST_LIMIT} and up to {defaults.MOST_LIMIT}",
        f"`Retry-After: {RETRY_AFTER_SECONDS}`",
        f"`eject: {{failures: {EJECT.failures}, rate: {EJECT.rate:.0%}, time: {EJECT.time:.0f}s, longest: {EJECT.longest:.0f}s}}`",
        f"`health: {{path: {HEALTH.path}, interval: {HEALTH.interval:.0f}s}}`",
        f"`retry: {{attempts: {RetrySpec().attempts}}}`",
        f"`hedge: {{after: {HedgeSpec().after}}}`",
        f"then every {FRESH:.0f} s",
        f"`{PredictorDefaults().balance}` (default)",
        f"all of it after {defaults.SLOW_START:.0f} s",
        f"drawn between nothing and {defaults.BACKOFF * 1000:.0f} ms",
        f"after {defaults.HEDGE_CALLS} calls",
        f"at most {defaults.HEDGE_SHARE * 100:.0f} calls in 100",
        f"in any {defaults.BUDGET_SECONDS} s the larger of {defaults.BUDGET_LEAST} and a tenth",
        f"`{FINAL}: true`",
        f"in the last {share.HALF:.0f} to {2 * share.HALF:.0f} s",
        f"try one more at a time, every {share.STEP} s",
    ],
)
def test_every_default_that_the_page_names_holds(said: str) -> None:
    assert said in TEXT


def test_what_the_page_says_in_words_holds() -> None:
    assert (defaults.SLOW_START_SHARE, defaults.BUDGET_SHARE, JITTER) == (0.1, 0.1, 0.1)
    assert (defaults.EJECT_SHARE, defaults.PROBES, PATIENCE, defaults.HEDGE_QUANTILE, defaults.HEDGE_STRETCH) == (
        0.5,
        3,
        3.0,
        0.95,
        2.0,
    )
    assert ({"connect"}, {"broken", 502, 503, 504}) == (NEVER_SENT, REPEATABLE - NEVER_SENT)
    assert (PredictorDefaults().hedge, PredictorDefaults().health) == (None, None)


def test_its_file_is_sound_and_every_key_of_a_policy_is_told(folder: Path) -> None:
    ((file, _, _),) = sections(PAGE)
    assert file.loaded(folder).warnings == []
    for policy in (LimitSpec, EjectSpec, HealthSpec, RetrySpec, HedgeSpec):
        assert [key for key in policy.model_fields if not re.search(rf"\b{key}\b", TEXT)] == []


async def test_its_file_runs_with_replicas_that_are_gone(folder: Path) -> None:
    ((file, _, _),) = sections(PAGE)
    async with RawServer(ok(b'{"v": [1]}')) as embed, RawServer(ok(b'["b"]')) as rank:
        data: dict[str, Any] = file.loaded(folder).document.data
        data["predictors"]["embed"]["urls"] = ["http://127.0.0.1:1", "http://127.0.0.1:2", embed.url]
        data["predictors"]["rank"]["url"] = rank.url.replace("http", "dns+http").replace("127.0.0.1", "localhost")
        async with proxy(data) as served, served.client() as client:
            answer = await client.ask(post(b"{}", b"Accept: application/vnd.plait+json"))
            assert (answer.status, answer.json["result"]) == (200, ["b"])
            assert answer.json["parts"]["embed"]["attempts"] <= 3
