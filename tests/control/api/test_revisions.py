"""What was active, and back again."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.control.api.fakes import Admin, admin


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[Admin]:
    async with admin(tmp_path) as found:
        async with found.client() as client:
            for port in range(9001, 9006):
                await client.put("/predictors/spare", json={"url": f"http://127.0.0.1:{port}"})
        yield found


async def test_revisions_come_page_by_page_the_newest_first(here: Admin):
    async with here.client() as client:
        first = (await client.get("/revisions?limit=4")).json()
        second = (await client.get(f"/revisions?limit=4&before={first['next']}")).json()
    assert [entry["number"] for entry in first["revisions"]] == [6, 5, 4, 3]
    assert [entry["active"] for entry in first["revisions"]] == [True, False, False, False]
    assert [entry["number"] for entry in second["revisions"]] == [2, 1]
    assert second["next"] is None


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=101", "limit=x", "limit=2.0", "before=-1", "before=99999999999999999999", "page=2"]
)
async def test_a_page_that_is_none_is_400(here: Admin, query: str):
    async with here.client() as client:
        assert (await client.get(f"/revisions?{query}")).status_code == 400


async def test_a_revision_has_the_whole_file_with_secrets_masked(here: Admin):
    async with here.client() as client:
        found = (await client.get("/revisions/1")).json()
    assert found["config"]["predictors"]["setosa"]["headers"] == {"authorization": "***"}
    assert "swordfish" not in str(found)


@pytest.mark.parametrize("number", ["7", "0", "-1", "x", "1.0", "9" * 30, "1e1", "%31%00"])
async def test_a_revision_that_is_not_there_is_404(here: Admin, number: str):
    async with here.client() as client:
        assert (await client.get(f"/revisions/{number}")).status_code == 404
        assert (await client.post(f"/revisions/{number}:activate")).status_code == 404


async def test_going_back_makes_a_new_revision_of_the_old_content(here: Admin):
    async with here.client() as client:
        answer = await client.post("/revisions/2:activate", json={"reason": "that was better"}, headers={"If-Match": '"6"'})
        assert (answer.status_code, answer.json()["revision"]) == (200, 7)
        found = (await client.get("/revisions/7")).json()
    assert found["reason"] == "that was better"
    assert found["config"]["predictors"]["spare"]["url"] == "http://127.0.0.1:9001"
