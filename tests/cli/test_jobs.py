"""`plait jobs` and `plait call --async`, typed against fakes of the admin port and of the proxy."""

from __future__ import annotations

import json
from typing import Any

import pytest

from plait.testing import Asked, Reply
from tests.cli.typed import admin, problem, typed

ONE, OTHER = "5f3c0a9e41d24b7d8f6f0c2b9a7e1d34", "0" * 32
LISTED = {
    "jobs": [
        {"id": ONE, "graph": "predict", "status": "running", "queue": None, "created": "2026-12-01T02:24:50.123+00:00"},
        {"id": OTHER, "graph": "one", "status": "failed", "queue": "slow", "created": "2026-12-01T02:20:00.000+00:00",
         "finished": "2026-12-01T02:21:00.000+00:00"},
    ],
    "next": None,
}  # fmt: skip
PART = {"status": "ok", "code": 200, "ms": 12.3, "attempts": 1, "endpoint": "127.0.0.1:8000", "error": None, "output": {"y": 1}}
WHOLE: dict[str, Any] = {
    "id": ONE,
    "graph": "predict",
    "status": "failed",
    "parts": {"quick": PART, "slow": {**PART, "status": "timeout", "ms": 500.0, "error": "no answer\x1b[31m in 500 ms"}},
    "result": None,
    "complete": None,
    "error": {"title": "Bad gateway", "status": 502, "detail": "slow has not answered"},
    "created": "2026-12-01T02:24:50.123+00:00",
    "begun": "2026-12-01T02:24:51.000+00:00",
    "finished": "2026-12-01T02:24:52.000+00:00",
    "revision": 7,
    "request_id": "order-17",
    "client": "",
    "queue": "slow",
}
del WHOLE["parts"]["slow"]["output"]
UNKNOWN = problem(404, "there is no such job")

Capture = pytest.CaptureFixture[str]


def lines(text: str) -> list[str]:
    return [line.rstrip() for line in text.splitlines()]


async def test_jobs_are_listed_newest_first(capsys: Capture) -> None:
    async with admin({"GET /jobs": LISTED}) as server:
        options = ("--graph", "predict", "--status", "failed", "--queue", "slow", "--limit", "2")
        assert await typed("jobs", "list", *options, "--admin", server.url) == 0
    assert server.asked[0].path == "/jobs?graph=predict&status=failed&queue=slow&limit=2"
    out, err = capsys.readouterr()
    assert lines(out) == [
        "JOB                               GRAPH    STATUS   QUEUE  CREATED               FINISHED",
        f"{ONE}  predict  running         2026-12-01 02:24:50Z",
        f"{OTHER}  one      failed   slow   2026-12-01 02:20:00Z  2026-12-01 02:21:00Z",
    ]
    assert err == ""


async def test_where_there_are_more_it_is_said_how_to_see_them(capsys: Capture) -> None:
    async with admin({"GET /jobs": {**LISTED, "next": OTHER}}) as server:
        assert await typed("jobs", "list", "--before", ONE, "--admin", server.url) == 0
    assert server.asked[0].path == f"/jobs?before={ONE}&limit=20"
    assert capsys.readouterr().err == f"there are older ones: --before {OTHER}\n"


async def test_no_jobs_are_a_sentence(capsys: Capture) -> None:
    async with admin({"GET /jobs": {"jobs": [], "next": None}}) as server:
        assert await typed("jobs", "list", "--admin", server.url) == 0
    assert capsys.readouterr().out == "there are no such jobs\n"


async def test_a_job_is_shown_with_its_parts_and_why_it_failed(capsys: Capture) -> None:
    async with admin({f"GET /jobs/{ONE}": WHOLE}) as server:
        assert await typed("jobs", "show", ONE, "--admin", server.url) == 0
    assert lines(capsys.readouterr().out) == [
        f"job         {ONE}",
        "graph       predict",
        "status      failed",
        "queue       slow",
        "created     2026-12-01 02:24:50Z",
        "begun       2026-12-01 02:24:51Z",
        "finished    2026-12-01 02:24:52Z",
        "revision    7",
        "request id  order-17",
        "error       Bad gateway (502): slow has not answered",
        "",
        "PART   STATUS   MS     ATTEMPTS  ENDPOINT        SAID",
        'quick  ok       12.3   1         127.0.0.1:8000  {"y": 1}',
        "slow   timeout  500.0  1         127.0.0.1:8000  no answer\\u001b[31m in 500 ms",
    ]


async def test_a_job_that_has_succeeded_is_shown_with_its_answer(capsys: Capture) -> None:
    done = {**WHOLE, "status": "succeeded", "error": None, "complete": False, "result": {"quick": {"y": "[b]" * 60}}}
    async with admin({f"GET /jobs/{ONE}": done}) as server:
        assert await typed("jobs", "show", ONE, "--admin", server.url) == 0
    out = capsys.readouterr().out
    assert "status      succeeded, with something missing" in out
    assert json.loads(out[out.index("\n{") :]) == done["result"]


async def test_for_machines_answers_are_printed_as_they_came(capsys: Capture) -> None:
    answers = {"GET /jobs": LISTED, f"GET /jobs/{ONE}": WHOLE, f"DELETE /jobs/{ONE}": WHOLE, f"POST /jobs/{ONE}/retry": WHOLE}
    async with admin(answers) as server:
        for command, code in ((("list",), 0), (("show", ONE), 0), (("cancel", ONE), 1), (("retry", ONE), 0)):
            assert await typed("jobs", *command, "--json", "--admin", server.url) == code
            assert json.loads(capsys.readouterr().out) == (LISTED if command == ("list",) else WHOLE)


async def test_jobs_are_cancelled_each_with_the_reason(capsys: Capture) -> None:
    cancelled = {**WHOLE, "status": "cancelled"}
    async with admin({f"DELETE /jobs/{ONE}": cancelled, f"DELETE /jobs/{OTHER}": cancelled}) as server:
        assert await typed("jobs", "cancel", ONE, OTHER, "--reason", "too slow", "--admin", server.url) == 0
    assert [asked.path for asked in server.asked] == [f"/jobs/{job}?reason=too%20slow" for job in (ONE, OTHER)]
    assert capsys.readouterr().out == f"job {ONE} is cancelled\njob {OTHER} is cancelled\n"


async def test_what_cannot_be_cancelled_is_told_and_the_others_are(capsys: Capture) -> None:
    answers = {f"DELETE /jobs/{OTHER}": {**WHOLE, "status": "succeeded"}, f"DELETE /jobs/{ONE}": {**WHOLE, "status": "cancelled"}}
    async with admin({**answers, "DELETE /jobs/7": UNKNOWN}) as server:
        assert await typed("jobs", "cancel", "7", OTHER, ONE, "--admin", server.url) == 1
    out, err = capsys.readouterr()
    assert out == f"job {ONE} is cancelled\n"
    assert err == f"plait: job 7: there is no such job\nplait: job {OTHER}: had ended before: it has succeeded\n"


async def test_jobs_run_again_but_those_that_cannot(capsys: Capture) -> None:
    running = problem(409, "the job is running; only one that failed or was cancelled can run again")
    async with admin({f"POST /jobs/{ONE}/retry": {**WHOLE, "status": "queued"}, f"POST /jobs/{OTHER}/retry": running}) as server:
        assert await typed("jobs", "retry", OTHER, ONE, "--reason", "mended", "--admin", server.url) == 1
    assert server.asked[0].value == {"reason": "mended"}
    out, err = capsys.readouterr()
    assert out == f"job {ONE} is queued again\n"
    assert err == f"plait: job {OTHER}: the job is running; only one that failed or was cancelled can run again\n"


@pytest.mark.parametrize("command", [("list",), ("show", ONE), ("cancel", ONE, OTHER), ("retry", ONE, OTHER)])
@pytest.mark.parametrize("status", [501, 503])
async def test_a_store_that_cannot_be_used_is_one_sentence(command: tuple[str, ...], status: int, capsys: Capture) -> None:
    refusal = problem(status, "the store is away")
    routes = ("GET /jobs", f"GET /jobs/{ONE}", f"DELETE /jobs/{ONE}", f"POST /jobs/{ONE}/retry")
    async with admin(dict.fromkeys(routes, refusal)) as server:
        assert await typed("jobs", *command, "--admin", server.url) == 1
        assert capsys.readouterr() == ("", "plait: the store is away\n")
        assert await typed("jobs", *command, "--json", "--admin", server.url) == 1
    assert json.loads(capsys.readouterr().out)["detail"] == "the store is away"


@pytest.mark.parametrize(
    "arguments",
    [("list", "--status", "done"), ("list", "--limit", "101"), ("show",), ("cancel",), ("retry",), ("show", ONE, OTHER), ("stop",)],
)
async def test_wrong_usage_exits_with_2(arguments: tuple[str, ...]) -> None:
    assert await typed("jobs", *arguments) == 2


def proxied(told: Reply) -> dict[str, Any]:
    return {"POST /predict": told}


ACCEPTED = Reply({**WHOLE, "status": "queued"}, 202)


async def test_a_call_that_is_to_be_answered_later_prints_the_jobs_id_and_how_to_look_at_it(capsys: Capture) -> None:
    async with admin(proxied(ACCEPTED)) as server:
        assert await typed("call", "predict", "-d", '{"x":1}', "--async", "--url", server.url) == 0
    asked: Asked = server.asked[0]
    assert (asked.value, asked.headers["prefer"]) == ({"x": 1}, "respond-async")
    assert "idempotency-key" not in asked.headers
    out, err = capsys.readouterr()
    assert out == f"{ONE}\n"
    assert f"plait jobs show {ONE}" in err
    assert f"curl -H 'Prefer: wait=60' {server.url}/jobs/{ONE}" in err


async def test_wait_sink_and_key_are_asked_for(capsys: Capture) -> None:
    async with admin(proxied(ACCEPTED)) as server:
        options = ("--wait", "250ms", "--notify", "finished", "--key", "order 17", "--json")
        assert await typed("call", "predict", "-d", "{}", "--async", *options, "--url", server.url) == 0
    headers = server.asked[0].headers
    assert headers["prefer"] == "respond-async, wait=0.250"
    assert (headers["x-plait-notify"], headers["idempotency-key"]) == ("finished", '"order 17"')
    out, err = capsys.readouterr()
    assert (json.loads(out)["id"], err) == (ONE, "")


async def test_an_answer_in_time_is_the_answer_and_a_problem_a_problem(capsys: Capture) -> None:
    answer = Reply({"y": 1}, headers={"X-Plait-Complete": "false"})
    async with admin({"POST /predict": [answer, problem(503, "the store is away")]}) as server:
        assert await typed("call", "predict", "-d", "{}", "--async", "--wait", "1s", "--url", server.url) == 0
        out, err = capsys.readouterr()
        assert (json.loads(out), err) == ({"y": 1}, "the answer is not complete; --envelope shows which part is missing\n")
        assert await typed("call", "predict", "-d", "{}", "--async", "--url", server.url) == 1
    assert json.loads(capsys.readouterr().err)["detail"] == "the store is away"


async def test_what_a_rule_answers_is_no_job_whatever_its_status(capsys: Capture) -> None:
    async with admin(proxied(Reply({"y": 1}, 202, headers={"X-Plait-Rule": "alarm"}))) as server:
        assert await typed("call", "predict", "-d", "{}", "--async", "--wait", "1s", "--url", server.url) == 0
    assert json.loads(capsys.readouterr().out) == {"y": 1}


async def test_a_job_without_an_id_is_no_plaits(capsys: Capture) -> None:
    async with admin(proxied(Reply([], 202))) as server:
        assert await typed("call", "predict", "-d", "{}", "--async", "--url", server.url) == 1
    assert capsys.readouterr().err.endswith("is no plait\n")


@pytest.mark.parametrize(
    "options",
    [
        ("--wait", "1s"),
        ("--notify", "finished"),
        ("--key", "x"),
        ("--async", "--stream"),
        ("--async", "--wait", "1"),
        ("--async", "--wait", "61s"),
        ("--async", "--key", "é"),
        ("--async", "--notify", "No"),
        ("--timeout", "1"),
    ],
)
async def test_options_that_cannot_be_asked_for_are_wrong_usage(options: tuple[str, ...]) -> None:
    assert await typed("call", "predict", "-d", "{}", *options, "--url", "http://127.0.0.1:1") == 2
