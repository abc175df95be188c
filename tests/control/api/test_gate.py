"""What every request passes before a route sees it, and what every answer carries."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from plait.control.api.gate import SECURITY
from plait.control.auth import BURST
from tests.control.api.fakes import TOKEN, Admin, MemoryLedger, admin

ROUTES = [
    "/config",
    "/predictors",
    "/predictors/setosa",
    "/graphs",
    "/revisions",
    "/revisions/1",
    "/status",
    "/events",
    "/metrics",
    "/nothing",
]


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[Admin]:
    async with admin(tmp_path) as found:
        yield found


@pytest.mark.parametrize("route", ROUTES)
async def test_no_route_with_data_answers_without_the_token(here: Admin, route: str):
    async with here.client(None) as client:
        answer = await client.get(route)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Bearer")
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("route", ["/livez", "/docs", "/openapi.json", "/ui", "/ui/app.js"])
async def test_routes_without_data_need_no_token(here: Admin, route: str):
    async with here.client(None) as client:
        assert (await client.get(route)).status_code == 200


async def test_metrics_are_open_only_where_the_file_says_so(tmp_path: Path):
    async with admin(tmp_path, open_metrics=True) as here, here.client(None) as client:
        assert (await client.get("/metrics")).status_code == 200
        assert (await client.get("/status")).status_code == 401


async def test_a_missing_and_a_wrong_token_get_the_same_answer(here: Admin):
    async with here.client(None, **{"X-Request-Id": "same"}) as client:
        missing = await client.get("/config")
    async with here.client("wrong-but-of-some-length", **{"X-Request-Id": "same"}) as client:
        wrong = await client.get("/config")
    assert missing.content == wrong.content
    assert missing.headers == wrong.headers


async def test_who_guesses_is_slowed_down_and_the_right_token_still_passes(here: Admin):
    async with here.client("wrong-but-of-some-length") as client:
        answers = [(await client.get("/config")).status_code for _ in range(BURST + 5)]
        assert answers[:BURST] == [401] * BURST
        assert answers[-1] == 429
        last = await client.get("/config")
        assert int(last.headers["retry-after"]) >= 1
    async with here.client() as client:
        assert (await client.get("/config")).status_code == 200


async def test_only_the_first_refusal_of_one_who_guesses_on_is_written_down(here: Admin):
    async with here.client("wrong-but-of-some-length") as client:
        for _ in range(BURST + 20):
            await client.get("/config")
    assert [entry["status"] for entry in here.audited].count(429) == 1


CROSS = [
    {"Origin": "http://evil.example"},
    {"Origin": "null"},
    {"Origin": "http://127.0.0.1:9002"},
    {"Origin": "https://127.0.0.1:9001"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
]


@pytest.mark.parametrize("headers", CROSS)
@pytest.mark.parametrize("token", [TOKEN, None])
async def test_pages_of_others_may_not_change_anything(here: Admin, headers: dict[str, str], token: str | None):
    async with here.client(token, **headers) as client:
        assert (await client.post("/predictors/setosa:exclude")).status_code == 403
    assert not here.ledger.marks
    assert here.audited[-1]["outcome"] == "forbidden"


async def test_the_own_page_may(here: Admin):
    async with here.client(**{"Origin": "http://127.0.0.1:9001", "Sec-Fetch-Site": "same-origin"}) as client:
        assert (await client.post("/predictors/setosa:exclude")).status_code == 200


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:9001", "127.0.0.1.evil.example", "", "[::1", "localhost@evil.example:1"]
)
async def test_on_loopback_only_its_own_names_are_answered(here: Admin, host: str):
    async with here.client(Host=host) as client:
        assert (await client.get("/config")).status_code == 421


@pytest.mark.parametrize("host", ["localhost:9001", "127.0.0.1:1", "[::1]:9001", "LOCALHOST", "localhost."])
async def test_its_own_names_are_answered_on_any_port(here: Admin, host: str):
    async with here.client(Host=host) as client:
        assert (await client.get("/config")).status_code == 200


@pytest.mark.parametrize("route", ["/config", "/livez", "/nothing"])
async def test_every_answer_has_an_id_and_the_headers_of_safety(here: Admin, route: str):
    async with here.client(**{"X-Request-Id": "mine"}) as client:
        answer = await client.get(route)
    assert answer.headers["x-request-id"] == "mine"
    assert {name: answer.headers[name] for name in SECURITY} == SECURITY


async def test_an_id_that_is_none_is_replaced(here: Admin):
    async with here.client(**{"X-Request-Id": "not an id"}) as client:
        answer = await client.get("/nothing")
    assert answer.json()["request_id"] == answer.headers["x-request-id"] != "not an id"


class Broken(MemoryLedger):
    """A ledger that cannot tell what is active."""

    @property
    def active(self) -> Any:
        raise ZeroDivisionError("a fault of plait itself")


async def test_a_fault_of_plait_itself_is_a_clean_problem_and_in_the_log(tmp_path: Path, caplog: pytest.LogCaptureFixture):
    async with admin(tmp_path, ledger=Broken()) as here, here.client() as client:
        answer = await client.get("/config")
    assert answer.status_code == 500
    assert answer.json()["type"] == "urn:plait:problem:internal"
    assert "ZeroDivisionError" not in answer.text
    assert "ZeroDivisionError" in caplog.text


@pytest.mark.parametrize(
    ("method", "route", "allow"),
    [
        ("POST", "/config", "GET, PUT"),
        ("GET", "/apply", "POST"),
        ("PATCH", "/predictors/setosa", "DELETE, GET, PUT"),
        ("GET", "/predictors/setosa:drain", "POST"),
        ("OPTIONS", "/status", "GET"),
        ("POST", "/ui", "GET"),
    ],
)
async def test_a_known_route_and_a_wrong_method_is_405_with_those_that_it_takes(here: Admin, method: str, route: str, allow: str):
    async with here.client() as client:
        answer = await client.request(method, route)
    assert (answer.status_code, answer.headers["allow"]) == (405, allow)


async def test_a_change_is_written_down_with_who_and_why(here: Admin):
    async with here.client(**{"X-Plait-Author": "ada%20l", "X-Plait-Reason": "faster"}) as client:
        await client.put("/predictors/spare", json={"url": "http://127.0.0.1:9"})
        await client.put("/predictors/spare?dry_run=true", json={"url": "http://127.0.0.1:8"})
        await client.put("/predictors/spare", json={"url": 7})
    done, checked, refused = here.audited
    assert (done["author"], done["reason"], done["outcome"], done["revision"]) == ("ada l", "faster", "done", 2)
    assert (checked["outcome"], "revision" in checked) == ("checked", False)
    assert (refused["outcome"], refused["status"]) == ("invalid-configuration", 422)
    assert {entry["resource"] for entry in here.audited} == {"/predictors/spare"}


async def test_reading_is_not_written_down(here: Admin):
    async with here.client() as client:
        await client.get("/config")
    assert here.audited == []
