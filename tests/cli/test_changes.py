"""`plait apply`, `revisions`, `rollback`, `drain`, `exclude` and `include`, typed against a fake admin port."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from plait.testing import Reply
from tests.cli.typed import admin, problem, typed

DIFFERENCE = [
    {"path": "predictors.b", "change": "added", "from": None, "to": {"url": "http://b"}},
    {"path": "predictors.a.url", "change": "changed", "from": "http://a", "to": "http://a2"},
    {"path": "graphs.old", "change": "removed", "from": {"value": "x" * 200}, "to": None},
]
DONE = {"revision": 8, "dry_run": False, "difference": DIFFERENCE, "warnings": ["graph a is never asked"], "pending": []}
RUNS = {"workers": [{"worker": 1, "running": 8}, {"worker": 2, "running": 8}], "predictors": {"a": {"in_flight": 0}}}
STARTS = {"workers": [{"worker": 1, "running": 8}, {"worker": 2, "running": 7}], "predictors": {"a": {"in_flight": 2}}}
LISTED = {
    "revisions": [
        {
            "number": 8,
            "created": "2026-12-01T02:24:50.123456+00:00",
            "author": "api:ada",
            "reason": "[b]new",
            "difference": DIFFERENCE,
        },
        {"number": 7, "created": "2026-12-01T02:20:00+00:00", "author": "file", "reason": "", "difference": []},
    ]
}

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def file(tmp_path: Path) -> str:
    path = tmp_path / "part.yaml"
    path.write_text('predictors:\n  b: {url: "http://b"}\ngraphs: {old: null}\n')
    return str(path)


@pytest.fixture
def broken(tmp_path: Path) -> str:
    path = tmp_path / "broken.yaml"
    path.write_text("graphs: {a: 1, a: 2}")
    return str(path)


async def test_apply_shows_the_difference_and_the_new_revision(file: str, capsys: Capture) -> None:
    async with admin({"POST /apply": DONE}) as server:
        assert await typed("apply", file, "--admin", server.url, "--reason", "b is new", "--if-match", "7") == 0
    out, err = capsys.readouterr()
    assert out.splitlines() == [
        '+ predictors.b: {"url": "http://b"}',
        '~ predictors.a.url: "http://a" → "http://a2"',
        f'- graphs.old: {{"value": "{"x" * 148}…',
        "revision 8 is live",
    ]
    assert err == "warning: graph a is never asked\n"
    asked = server.asked[0]
    assert asked.value == {"predictors": {"b": {"url": "http://b"}}, "graphs": {"old": None}}
    assert (asked.path, asked.headers["if-match"]) == ("/apply?reason=b%20is%20new", '"7"')


async def test_a_dry_run_says_that_nothing_was_changed(file: str, capsys: Capture) -> None:
    async with admin({"POST /apply": {**DONE, "revision": 7, "dry_run": True}}) as server:
        assert await typed("apply", file, "--dry-run", "--admin", server.url) == 0
    assert server.asked[0].path == "/apply?dry_run=true"
    assert capsys.readouterr().out.splitlines()[-1] == "this would be taken; revision 7 stays active"


async def test_a_change_of_nothing_is_told(file: str, capsys: Capture) -> None:
    async with admin({"POST /apply": {"revision": 7, "difference": []}}) as server:
        assert await typed("apply", file, "--admin", server.url) == 0
    assert capsys.readouterr().out == "nothing changes: revision 7 says all of it\n"


async def test_the_whole_configuration_is_put(file: str) -> None:
    async with admin({"PUT /config": DONE}) as server:
        assert await typed("apply", "--whole", file, "--admin", server.url) == 0


async def test_problems_are_told_with_the_places_in_the_file(file: str, capsys: Capture) -> None:
    told = [{"path": "predictors.b.url", "line": 9, "message": "is no address", "hint": "write it as http://host:port"}]
    async with admin({"POST /apply": problem(422, "the configuration has a problem", problems=told)}) as server:
        assert await typed("apply", file, "--admin", server.url) == 1
        assert capsys.readouterr().err == f"{file}:2:12 predictors.b.url: is no address (write it as http://host:port)\n"
        assert await typed("apply", file, "--json", "--admin", server.url) == 1
    out, err = capsys.readouterr()
    assert (json.loads(out)["problems"], err) == (told, "")


async def test_a_file_that_cannot_be_read_changes_nothing(broken: str, capsys: Capture) -> None:
    async with admin({"POST /apply": DONE}) as server:
        assert await typed("apply", broken, "--admin", server.url) == 1
    assert server.asked == []
    assert f"{broken}:1:16 graphs.a: the key a is there twice" in capsys.readouterr().err


@pytest.mark.parametrize("status", [409, 412, 429, 503])
async def test_a_refused_change_is_one_sentence(status: int, file: str, capsys: Capture) -> None:
    told = [{"path": "graphs.predict", "message": "asks b"}] if status == 409 else []
    async with admin({"POST /apply": problem(status, "not now", problems=told)}) as server:
        assert await typed("apply", file, "--admin", server.url) == 1
    assert capsys.readouterr() == ("", "plait: not now\n")


async def test_apply_waits_for_workers_that_are_not_there_yet(file: str, capsys: Capture) -> None:
    pending = Reply({**DONE, "pending": [2]}, 202)
    async with admin({"POST /apply": pending, "GET /status": [STARTS, problem(503, "it starts"), RUNS]}) as server:
        assert await typed("apply", file, "--admin", server.url) == 0
    assert [asked.path for asked in server.asked] == ["/apply", "/status", "/status", "/status"]
    assert capsys.readouterr().out.splitlines()[-1] == "revision 8 is live"


async def test_for_machines_the_answer_is_printed_as_it_came(file: str, capsys: Capture) -> None:
    async with admin({"POST /apply": DONE, "GET /revisions": LISTED, "POST /revisions/7:activate": DONE, **MARKED}) as server:
        for command in (("apply", file), ("rollback",), ("exclude", "a"), ("drain", "a"), ("include", "a")):
            assert await typed(*command, "--json", "--admin", server.url) == 0
            assert json.loads(capsys.readouterr().out)["revision"] == 8


@pytest.mark.parametrize(
    "arguments", [(), ("--if-match", "0", "x.yaml"), ("--limit", "3", "x.yaml"), ("--reason", "x" * 501, "x.yaml")]
)
async def test_wrong_usage_exits_with_2(arguments: tuple[str, ...]) -> None:
    assert await typed("apply", *arguments) == 2


async def test_revisions_are_listed_newest_first(capsys: Capture) -> None:
    async with admin({"GET /revisions": LISTED}) as server:
        assert await typed("revisions", "--limit", "5", "--admin", server.url) == 0
    assert server.asked[0].path == "/revisions?limit=5"
    assert [line.rstrip() for line in capsys.readouterr().out.splitlines()] == [
        "REVISION  CREATED               AUTHOR   CHANGES                                    REASON",
        "8         2026-12-01 02:24:50Z  api:ada  predictors.b, predictors.a.url and 1 more  [b]new",
        "7         2026-12-01 02:20:00Z  file",
    ]


async def test_one_revision_is_shown_with_its_difference_or_as_a_file(capsys: Capture) -> None:
    one = {**LISTED["revisions"][0], "config": {"predictors": {"b": {"url": "http://b", "headers": {"x-key": "***"}}}}}
    async with admin({"GET /revisions": LISTED, "GET /revisions/8": one}) as server:
        assert await typed("revisions", "8", "--admin", server.url) == 0
        head, *difference = capsys.readouterr().out.splitlines()
        assert head == "revision 8, 2026-12-01 02:24:50Z, by api:ada: [b]new"
        assert len(difference) == 3
        for arguments in (("8", "--file"), ("--file",)):
            assert await typed("revisions", *arguments, "--admin", server.url) == 0
            assert capsys.readouterr().out == 'predictors:\n  b: {url: "http://b", headers: {x-key: "***"}}\n'


async def test_a_revision_that_is_not_there_is_told(capsys: Capture) -> None:
    async with admin({"GET /revisions/9": problem(404, "there is no revision 9; the newest is 8")}) as server:
        assert await typed("revisions", "9", "--admin", server.url) == 1
    assert capsys.readouterr().err == "plait: there is no revision 9; the newest is 8\n"


async def test_rollback_goes_to_the_revision_before_the_active_one(capsys: Capture) -> None:
    back = {**DONE, "revision": 9, "warnings": []}
    async with admin({"GET /revisions": LISTED, "POST /revisions/7:activate": back}) as server:
        assert await typed("rollback", "--reason", "worse", "--admin", server.url) == 0
    asked = server.asked[1]
    assert (asked.headers["if-match"], asked.value) == ('"8"', {"reason": "worse"})
    assert capsys.readouterr().out.splitlines()[-1] == "revision 9 is live: what revision 7 says"


async def test_rollback_goes_to_any_revision_and_can_only_look(capsys: Capture) -> None:
    would = {**DONE, "revision": 8, "dry_run": True, "warnings": []}
    async with admin({"GET /revisions": LISTED, "POST /revisions/3:activate": would}) as server:
        assert await typed("rollback", "3", "--dry-run", "--admin", server.url) == 0
    assert server.asked[1].path == "/revisions/3:activate?dry_run=true"
    assert "this would be taken; revision 8 stays active" in capsys.readouterr().out


async def test_there_must_be_a_revision_to_go_back_to(capsys: Capture) -> None:
    async with admin({"GET /revisions": {"revisions": LISTED["revisions"][:1]}}) as server:
        assert await typed("rollback", "--admin", server.url) == 1
    assert capsys.readouterr().err == "plait: there is no revision before 8 to go back to\n"


async def test_problems_of_an_old_revision_are_told(capsys: Capture) -> None:
    told = problem(422, "no", problems=[{"path": "graphs.a", "message": "names what is gone"}])
    async with admin({"GET /revisions": LISTED, "POST /revisions/3:activate": told}) as server:
        assert await typed("rollback", "3", "--admin", server.url) == 1
    assert capsys.readouterr().err == "revision 3 graphs.a: names what is gone\n"


MARKED: dict[str, Any] = {
    f"POST /predictors/a:{action}": {"revision": 8, "pending": [], "in_flight": 0} for action in ("exclude", "include", "drain")
}


async def test_predictors_are_taken_out_and_in(capsys: Capture) -> None:
    async with admin(MARKED) as server:
        assert await typed("exclude", "a", "--reason", "wrong answers", "--admin", server.url) == 0
        assert await typed("include", "a", "--admin", server.url) == 0
        assert await typed("drain", "a", "--admin", server.url) == 0
    assert capsys.readouterr().out.splitlines() == [
        "a is excluded",
        "a is asked again",
        "a is excluded, and none of its calls is in flight",
    ]
    assert server.asked[0].value == {"reason": "wrong answers"}


async def test_drain_waits_for_the_calls_in_flight(capsys: Capture) -> None:
    draining = Reply({"revision": 8, "in_flight": 2, "pending": []}, 202)
    async with admin({"POST /predictors/a:drain": draining, "GET /status": [STARTS, RUNS]}) as server:
        assert await typed("drain", "a", "--admin", server.url) == 0
    assert len(server.asked) == 3
    assert "none of its calls" in capsys.readouterr().out


async def test_a_predictor_that_is_required_is_not_excluded(capsys: Capture) -> None:
    async with admin({"POST /predictors/a:exclude": problem(409, "graphs.predict requires a")}) as server:
        assert await typed("exclude", "a", "--admin", server.url) == 1
        assert capsys.readouterr().err == "plait: graphs.predict requires a\n"
        assert await typed("exclude", "../x y", "--admin", server.url) == 1
    assert server.asked[1].path == "/predictors/..%2Fx%20y:exclude"
