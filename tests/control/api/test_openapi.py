"""The description of the API is complete, and says what the routes do."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.control.api.fakes import admin

ROUTES = {
    "/config": {"get", "put"},
    "/apply": {"post"},
    "/predictors": {"get"},
    "/predictors/{name}": {"get", "put", "delete"},
    "/predictors/{name}:drain": {"post"},
    "/predictors/{name}:exclude": {"post"},
    "/predictors/{name}:include": {"post"},
    "/graphs": {"get"},
    "/graphs/{name}": {"get", "put", "delete"},
    "/graphs/{name}/picture": {"get"},
    "/revisions": {"get"},
    "/revisions/{number}": {"get"},
    "/revisions/{number}:activate": {"post"},
    "/jobs": {"get"},
    "/jobs/{job}": {"get", "delete"},
    "/jobs/{job}/retry": {"post"},
    "/status": {"get"},
    "/events": {"get"},
    "/feedback": {"post"},
    "/metrics": {"get"},
    "/livez": {"get"},
}


@pytest.fixture
async def described(tmp_path: Path) -> dict[str, Any]:
    async with admin(tmp_path) as here, here.client(None) as client:
        found: dict[str, Any] = (await client.get("/openapi.json")).json()
        return found


async def test_it_has_all_routes(described: dict[str, Any]):
    assert {path: set(methods) for path, methods in described["paths"].items()} == ROUTES


async def test_every_reference_leads_somewhere(described: dict[str, Any]):
    schemas = described["components"]["schemas"]
    named = re.findall(r'"\$ref": "([^"]+)"', json.dumps(described))
    assert {name.removeprefix("#/components/schemas/") for name in named} <= schemas.keys()
    assert not any("HTTPValidationError" in name for name in named)


async def test_every_route_but_the_probe_needs_the_token_and_says_what_it_refuses(described: dict[str, Any]):
    assert described["security"] == [{"bearer": []}]
    for path, methods in described["paths"].items():
        for method, operation in methods.items():
            assert ("security" in operation) == (path == "/livez")
            changes = {"403"} if method != "get" else set()
            if changes and path != "/feedback" and not path.startswith("/jobs"):
                changes |= {"412", "415", "422", "503"}
            expected = {"400", "421"} if path == "/livez" else {"400", "401", "421", "429"} | changes
            assert expected <= operation["responses"].keys(), path
            assert operation["summary"]


async def test_bounds_of_numbers_are_said_in_words_that_json_schema_has(described: dict[str, Any]):
    limit, before, *_ = described["paths"]["/revisions"]["get"]["parameters"]
    assert (limit["schema"]["minimum"], limit["schema"]["maximum"]) == (1, 100)
    assert before["schema"]["minimum"] == 1


async def test_bodies_are_json_or_yaml_with_an_example_each(described: dict[str, Any]):
    content = described["paths"]["/predictors/{name}"]["put"]["requestBody"]["content"]
    assert set(content) == {"application/json", "application/yaml", "application/x-yaml", "text/yaml"}
    assert all("example" in each for each in content.values())


async def test_where_metrics_are_open_the_description_says_so(tmp_path: Path):
    async with admin(tmp_path, open_metrics=True) as here:
        assert here.app.openapi()["paths"]["/metrics"]["get"]["security"] == []


async def test_people_can_read_it_too(tmp_path: Path):
    async with admin(tmp_path) as here, here.client(None) as client:
        page = await client.get("/docs")
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert all(path in page.text for path in ROUTES)
    assert "<script" not in page.text
    assert "http://" not in page.text.replace("http://127.0.0.1", "")
