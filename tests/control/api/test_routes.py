"""The configuration: read, changed, refused."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx2
import pytest

from plait.control.plant import WorkerState
from plait.graph.text import LIMIT
from tests.control.api.fakes import FILE, Admin, admin

GOOD = {"url": "http://127.0.0.1:9000"}
YAML = {"Content-Type": "application/yaml"}


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[Admin]:
    async with admin(tmp_path) as found:
        yield found


def messages(answer: httpx2.Response) -> list[str]:
    return [f"{each['path']}: {each['message']}" for each in answer.json()["problems"]]


async def test_the_whole_file_reads_as_it_was_written_with_secrets_masked(here: Admin):
    async with here.client() as client:
        answer = await client.get("/config")
    expected = json.loads(json.dumps(FILE))
    expected["predictors"]["setosa"]["headers"]["authorization"] = "***"
    assert answer.json() == expected
    assert answer.headers["etag"] == '"1"'


@pytest.mark.parametrize("accept", ["application/yaml", "text/yaml, application/json;q=0.5", "application/x-yaml"])
async def test_who_asks_for_yaml_gets_yaml(here: Admin, accept: str):
    async with here.client(Accept=accept) as client:
        answer = await client.get("/config")
    assert answer.headers["content-type"] == "application/yaml"
    assert answer.text.startswith("predictors:\n")


async def test_a_reader_that_has_it_is_told_so(here: Admin):
    async with here.client(**{"If-None-Match": '"1"'}) as client:
        for route in (
            "/config",
            "/predictors",
            "/predictors/setosa",
            "/graphs/one",
            "/revisions",
            "/revisions/1",
            "/graphs/one/picture",
        ):
            answer = await client.get(route)
            assert (answer.status_code, answer.content, answer.headers["etag"]) == (304, b"", '"1"')


@pytest.mark.parametrize(
    ("route", "value"),
    [("/predictors/virginica", FILE["predictors"]["virginica"]), ("/graphs/one", "setosa"), ("/graphs", FILE["graphs"])],
)
async def test_a_part_of_the_file_reads_as_it_was_written(here: Admin, route: str, value: Any):
    async with here.client() as client:
        assert (await client.get(route)).json() == value


async def test_an_unknown_name_is_404_with_the_nearest(here: Admin):
    async with here.client() as client:
        for method in ("GET", "DELETE"):
            answer = await client.request(method, "/predictors/setoza")
            assert answer.status_code == 404
            assert "did you mean setosa?" in answer.json()["detail"]


async def test_a_new_name_is_201_and_a_known_one_200(here: Admin):
    async with here.client() as client:
        new = await client.put("/predictors/new", json=GOOD)
        known = await client.put("/predictors/new", json={**GOOD, "timeout": "2s"})
    assert (new.status_code, new.json()["revision"], new.headers["etag"]) == (201, 2, '"2"')
    assert (known.status_code, known.json()["revision"], known.json()["pending"]) == (200, 3, [])
    assert known.json()["difference"] == [{"path": "predictors.new.timeout", "change": "added", "from": None, "to": "2s"}]


@pytest.mark.parametrize("kind", ["application/yaml", "text/yaml", "application/x-yaml", "application/yaml; charset=utf-8"])
async def test_bodies_may_be_yaml(here: Admin, kind: str):
    async with here.client() as client:
        body = b"sequence: [setosa, spare] # a comment\n"
        answer = await client.put("/graphs/new", content=body, headers={"Content-Type": kind})
    assert answer.status_code == 201


@pytest.mark.parametrize("kind", ["text/plain", "application/toml", "", "application/json; charset=latin-1", "application/xml"])
async def test_other_bodies_are_415(here: Admin, kind: str):
    async with here.client() as client:
        answer = await client.put("/graphs/new", content=b"setosa", headers={"Content-Type": kind})
    assert answer.status_code == 415


async def test_a_coding_is_415(here: Admin):
    async with here.client() as client:
        answer = await client.put("/graphs/new", content=b"\x1f\x8b", headers={**YAML, "Content-Encoding": "gzip"})
    assert answer.status_code == 415


@pytest.mark.parametrize("body", [b"", b" \n", b"{", b"[1", b"nul", b"\xff\xfe", b'{"a": NaN}', b'{"a": "\\ud800"}', b"{} {}"])
async def test_what_is_no_json_is_400_and_changes_nothing(here: Admin, body: bytes):
    async with here.client() as client:
        answer = await client.put("/predictors/new", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code in (400, 422)
    assert answer.headers["content-type"] == "application/problem+json"
    assert len(here.ledger.revisions) == 1


@pytest.mark.parametrize(
    "body",
    [b"[" * 200_000, b"a: &a [1]\nb: *a\n", b"!!python/object:os.system {}", b"%s" % (b"- - - " * 30_000), b"\x00", b"a: b: c"],
)
async def test_hostile_yaml_is_refused(here: Admin, body: bytes):
    async with here.client() as client:
        answer = await client.put("/config", content=body, headers=YAML)
    assert answer.status_code in (400, 422)
    assert len(here.ledger.revisions) == 1


async def test_a_body_larger_than_a_file_is_413(here: Admin):
    async with here.client() as client:
        answer = await client.put("/config", content=b" " * (LIMIT + 1), headers=YAML)
    assert answer.status_code == 413


async def test_all_problems_come_at_once_with_lines_of_the_body(here: Admin):
    body = b"url: 7\ntimeout: soon\nurrl: x\n"
    async with here.client() as client:
        answer = await client.put("/predictors/setosa", content=body, headers=YAML)
    assert answer.status_code == 422
    found = {(each["path"], each["line"], each["column"]) for each in answer.json()["problems"]}
    assert ("predictors.setosa.url", 1, 6) in found
    assert ("predictors.setosa.timeout", 2, 10) in found
    assert {line for _, line, _ in found} == {1, 2, 3}
    assert "soon" not in answer.json()["detail"]


async def test_a_key_twice_is_told_with_its_line(here: Admin):
    async with here.client() as client:
        answer = await client.put("/predictors/setosa", content=b"url: http://127.0.0.1:1\nurl: http://127.0.0.1:2\n", headers=YAML)
    assert answer.status_code == 422
    assert [each["line"] for each in answer.json()["problems"]] == [2]


async def test_apply_changes_all_or_nothing(here: Admin):
    async with here.client() as client:
        good = await client.post("/apply", json={"predictors": {"new": GOOD, "spare": None}, "graphs": {"one": "new"}})
        bad = await client.post("/apply", json={"predictors": {"newer": GOOD}, "graphs": {"one": "nobody"}})
        config = (await client.get("/config")).json()
    assert (good.status_code, bad.status_code) == (200, 422)
    assert sorted(config["predictors"]) == ["new", "setosa", "virginica"]
    assert config["graphs"]["one"] == "new"


async def test_the_whole_file_can_be_replaced(here: Admin):
    async with here.client() as client:
        answer = await client.put("/config", json={"predictors": {"only": GOOD}, "graphs": {"predict": "only"}})
        assert answer.status_code == 200
        assert list((await client.get("/predictors")).json()) == ["only"]


async def test_removing_what_is_used_is_409(here: Admin):
    async with here.client() as client:
        assert (await client.delete("/predictors/setosa")).status_code == 409
        assert (await client.delete("/predictors/spare")).status_code == 200


@pytest.mark.parametrize("route", ["/predictors/spare", "/config", "/apply", "/predictors/setosa:exclude", "/revisions/1:activate"])
async def test_a_dry_run_changes_nothing(here: Admin, route: str):
    bodies = {"/predictors/spare": GOOD, "/config": {"predictors": {"a": GOOD}}, "/apply": {"predictors": {"a": GOOD}}}
    method = "PUT" if route in ("/predictors/spare", "/config") else "POST"
    async with here.client() as client:
        answer = await client.request(method, f"{route}?dry_run=true", json=bodies.get(route, {}))
    assert answer.status_code == 200
    assert answer.json()["dry_run"] is True
    assert answer.json()["revision"] == 1
    assert len(here.ledger.revisions) == 1
    assert not here.ledger.marks


@pytest.mark.parametrize("query", ["dry_rum=true", "dry_run=yes", "dry_run=true&dry_run=false", "dry_run=", "id=x"])
async def test_a_parameter_that_is_none_never_passes_for_no_parameter(here: Admin, query: str):
    async with here.client() as client:
        answer = await client.put(f"/predictors/spare?{query}", json=GOOD)
    assert answer.status_code == 400
    assert len(here.ledger.revisions) == 1


CHANGES = [
    ("PUT", "/predictors/spare", GOOD),
    ("PUT", "/config", FILE),
    ("POST", "/apply", {"predictors": {"spare": GOOD}}),
    ("DELETE", "/predictors/spare", None),
    ("POST", "/predictors/setosa:exclude", None),
    ("POST", "/predictors/setosa:include", None),
    ("POST", "/predictors/setosa:drain", None),
    ("POST", "/revisions/1:activate", None),
]


@pytest.mark.parametrize(("method", "route", "body"), CHANGES)
@pytest.mark.parametrize("tag", ['"9"', 'W/"1"', '"0", "2"'])
async def test_a_change_for_another_revision_is_412_with_the_one_that_is_active(
    here: Admin, method: str, route: str, body: Any, tag: str
):
    async with here.client(**{"If-Match": tag}) as client:
        answer = await client.request(method, route, json=body)
    assert (answer.status_code, answer.headers["etag"]) == (412, '"1"')
    assert len(here.ledger.revisions) == 1
    assert not here.ledger.marks


@pytest.mark.parametrize(("method", "route", "body"), CHANGES)
@pytest.mark.parametrize("tag", ['"1"', "*", '"9", "1"'])
async def test_a_change_for_what_is_active_is_made(here: Admin, method: str, route: str, body: Any, tag: str):
    async with here.client(**{"If-Match": tag}) as client:
        assert (await client.request(method, route, json=body)).status_code == 200


async def test_a_revision_that_another_plait_has_just_made_is_looked_up_before_a_change_is_refused(here: Admin):
    here.ledger.unseen = [replace(here.ledger.revisions[0], number=2)]
    async with here.client(**{"If-Match": '"2"'}) as client:
        answer = await client.put("/predictors/spare", json=GOOD)
    assert (answer.status_code, answer.json()["revision"]) == (200, 3)


async def test_why_a_worker_cannot_run_it_is_a_warning(here: Admin):
    here.plant.late = (1,)
    here.plant.states = {1: WorkerState(1, 100, 1, "", error="ValueError: no")}
    async with here.client() as client:
        answer = await client.put("/predictors/spare", json=GOOD)
    assert (answer.status_code, answer.json()["warnings"]) == (202, ["worker 1: ValueError: no"])


async def test_a_name_must_be_there_for_a_star_and_must_not_for_if_none_match(here: Admin):
    async with here.client() as client:
        assert (await client.put("/predictors/new", json=GOOD, headers={"If-Match": "*"})).status_code == 412
        assert (await client.put("/predictors/setosa", json=GOOD, headers={"If-None-Match": "*"})).status_code == 412
        assert (await client.put("/predictors/new", json=GOOD, headers={"If-None-Match": "*"})).status_code == 201


async def test_a_tag_that_is_none_is_400(here: Admin):
    async with here.client(**{"If-Match": "7"}) as client:
        assert (await client.put("/predictors/spare", json=GOOD)).status_code == 400


async def test_who_and_why_are_kept_in_the_revision(here: Admin):
    async with here.client(**{"X-Plait-Author": "Ad%C3%A4%0A"}) as client:
        await client.put("/predictors/spare?reason=it%20is%20faster", json=GOOD)
        found = (await client.get("/revisions/2")).json()
    assert (found["author"], found["reason"]) == ("api:Adä", "it is faster")


async def test_workers_that_do_not_run_it_in_time_are_named(here: Admin):
    here.plant.late = (2, 3)
    async with here.client() as client:
        answer = await client.put("/predictors/spare", json=GOOD)
    assert (answer.status_code, answer.json()["pending"]) == (202, [2, 3])


async def test_while_the_store_is_down_changes_are_503_and_can_be_tried_again(here: Admin):
    here.ledger.down = True
    async with here.client() as client:
        for method, route, body in CHANGES:
            answer = await client.request(method, route, json=body)
            assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
        assert (await client.get("/livez")).status_code == 200
        assert (await client.get("/metrics")).status_code == 200


@pytest.mark.slow
async def test_fifty_writers_at_once_lose_no_update(here: Admin):
    async with here.client() as client:

        async def add(number: int) -> None:
            while True:
                read = await client.get("/config")
                config = read.json()
                config["predictors"][f"p{number}"] = GOOD
                answer = await client.put("/config", json=config, headers={"If-Match": read.headers["etag"]})
                if answer.status_code == 200:
                    return
                assert answer.status_code == 412

        async with asyncio.TaskGroup() as group:
            for number in range(50):
                group.create_task(add(number))
        names = set((await client.get("/predictors")).json())
    assert names == {"setosa", "virginica", "spare", *(f"p{number}" for number in range(50))}
