"""Rules over sockets: what a client sees of them, in each form of an answer."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from plait.jobs.jobs import Place
from plait.sinks.errors import NotPromised
from plait.testing import RawServer, Reply, ScriptedServer
from tests.jobs.memory import Memory, Tables
from tests.rules.acting import SINKS, Sinks
from tests.server.serving import Answer, Proxy, get, post, proxy
from tests.server.streaming import Scripted, until
from tests.server.test_jobs import site, worker
from tests.server.test_late import Stage, stage

ENVELOPE = b"Accept: application/vnd.plait+json"
EVENTS = b"Accept: application/x-ndjson"
REFUSED = {
    "name": "stolen",
    "on": "part",
    "when": "part == 'fraud' && output.score > request.limit",
    "do": {"alert": "pager", "respond": {"status": 403, "body": {"refused": "${output.score}"}}},
}


@asynccontextmanager
async def served(*rules: Any, sinks: Sinks | None = None, **graph: Any) -> AsyncIterator[Proxy]:
    """A graph with rules, of a predictor that gives 0.5 at once and one that gives 1 a little later."""
    async with (
        ScriptedServer(Reply({"score": 0.5})) as fraud,
        ScriptedServer(Reply(1, after=0.05)) as spam,
    ):
        config = {
            "predictors": {"fraud": {"url": fraud.url}, "spam": {"url": spam.url}},
            "graphs": {"predict": {"parallel": ["fraud", "spam"], "rules": list(rules), **graph}},
            "sinks": SINKS,
        }
        async with proxy(config, promising=sinks) as port:
            yield port


async def asked(port: Proxy, limit: float, *lines: bytes) -> Answer:
    async with port.client() as client:
        return await client.ask(post(json.dumps({"limit": limit}).encode(), *lines))


async def test_the_answer_of_a_rule_has_its_status_and_body_and_says_whose_it_is() -> None:
    sinks = Sinks()
    async with served(REFUSED, sinks=sinks) as port:
        answer = await asked(port, 0.1, b"X-Request-Id: me")
        assert (answer.status, answer.body) == (403, b'{"refused":0.5}')
        headers = answer.headers
        assert (headers["x-plait-rule"], headers["x-request-id"], headers["x-plait-revision"]) == ("stolen", "me", "1")
        assert headers["content-type"] == "application/json"
        assert "fraud;dur=" in headers["server-timing"]
        assert [said["request_id"] for said in sinks.said] == ["me"]
        fine = await asked(port, 0.9)
        assert (fine.status, fine.body) == (200, b'{"fraud":{"score":0.5},"spam":1}')
        assert "x-plait-rule" not in fine.headers
    assert port.lasting.tally.rules == {("predict", "stolen", "acted"): 1}


async def test_the_envelope_says_what_rules_have_done() -> None:
    nothing = {"on": "result", "when": "spam.nothing", "do": {"alert": "pager"}}
    keep = {"name": "mark", "on": "result", "when": "spam == 1.0", "do": {"set": {"seen": True}, "drop": "fraud"}}
    async with served(REFUSED, nothing, keep, sinks=Sinks()) as port:
        answer = await asked(port, 0.9, ENVELOPE)
        assert (answer.status, answer.json["result"]) == (200, {"spam": 1, "seen": True})
        failed, mark = answer.json["rules"]
        assert (failed["rule"], failed["on"], failed["did"]) == ("2", "result", [])
        assert "spam.nothing" in failed["error"]
        assert mark == {"rule": "mark", "on": "result", "did": ["set", "drop"]}
        refused = await asked(port, 0.1, ENVELOPE)
        assert (refused.status, refused.json["result"]) == (403, {"refused": 0.5})
        assert refused.json["rules"] == [{"rule": "stolen", "on": "part", "part": "fraud", "did": ["respond", "alert"]}]
        assert refused.json["parts"]["spam"]["status"] == "cancelled"


async def test_the_envelope_of_a_graph_without_rules_has_none() -> None:
    async with served() as port:
        assert "rules" not in (await asked(port, 0, ENVELOPE)).json


async def test_where_nothing_was_promised_the_answer_comes_and_says_so() -> None:
    alarm = {"on": "part", "when": "part == 'fraud'", "do": {"alert": "pager"}}
    async with served(alarm, sinks=Sinks(error=lambda: NotPromised("there is no such sink"))) as port:
        answer = await asked(port, 0, ENVELOPE)
        assert answer.json["rules"] == [{"rule": "1", "on": "part", "part": "fraud", "did": [], "error": "alert: Not promised"}]


@pytest.mark.parametrize("status", [299, 403, 599])
async def test_a_status_that_has_no_name_is_sent_as_any_other(status: int) -> None:
    rule = {"on": "result", "when": "true", "do": {"respond": {"status": status, "body": "so"}}}
    async with served(rule) as port:
        answer = await asked(port, 0)
        assert (answer.status, answer.json) == (status, "so")


def events(answer: bytes) -> list[dict[str, Any]]:
    return [json.loads(line) for line in answer.splitlines() if line.startswith(b"{")]


@pytest.mark.parametrize(("status", "last"), [(202, "result"), (403, "body")])
async def test_a_stream_ends_with_what_a_rule_answers(status: int, last: str) -> None:
    rule = {"on": "part", "when": "part == 'fraud'", "do": {"respond": {"status": status, "body": [1]}}}
    async with served(rule) as port, port.client() as client:
        client.writer.write(post(b"{}", EVENTS, b"Connection: close"))
        part, cancelled, end = events(await client.closed())
        assert (part["part"], cancelled["status"]) == ("fraud", "cancelled")
        assert end[last] == [1]
        assert end["parts"]["spam"]["status"] == "cancelled"


# Partial answers, and the jobs under which the rest goes on.

MARK = {"name": "mark", "on": "result", "when": "slow == null", "do": {"set": {"more": "later"}}}
ALARM = {"name": "alarm", "on": "part", "when": "part == 'fast'", "do": {"alert": "pager"}}
WHOLE = {"name": "whole", "on": "result", "when": "slow != null", "do": {"alert": "pager", "set": {"all": True}}}
SEEN = {"name": "seen", "on": "result", "when": "true", "do": {"alert": "pager"}}


@asynccontextmanager
async def partial(*rules: Any, sinks: Sinks) -> AsyncIterator[Stage]:
    """A graph with rules that answers without `slow` at 300 ms, and goes on; `fast` has answered."""
    graph = {"require": "any", "late": "keep", "rules": list(rules)}
    async with stage("fast", "slow", within="300ms", promising=sinks, **graph) as on:
        on.said.say("fast", b'{"p":1}')
        yield on


async def test_rules_act_on_a_partial_answer_and_again_on_the_whole_under_its_job_and_alert_once_by_the_same_name() -> None:
    sinks = Sinks()
    async with partial(ALARM, MARK, WHOLE, SEEN, sinks=sinks) as on:
        answer = await on.client.ask(post(b"{}", ENVELOPE))
        job = answer.headers["location"].removeprefix("/jobs/")
        assert answer.json["result"] == {"fast": {"p": 1}, "more": "later"}
        assert [(acted["rule"], acted["did"]) for acted in answer.json["rules"]] == [
            ("alarm", ["alert"]),
            ("mark", ["set"]),
            ("seen", ["alert"]),
        ]
        on.said.say("slow", b"2")
        found = await on.job(job, b"Prefer: wait=10")
        assert found["result"] == {"fast": {"p": 1}, "slow": 2, "all": True}
        assert sinks.ids == [f"{job}/alarm/fast", f"{job}/seen", f"{job}/whole", f"{job}/seen"]
        assert [said.get("job") for said in sinks.said] == [None, None, job, job]


async def test_a_partial_answer_waits_for_what_its_parts_promised_and_no_longer_than_a_moment() -> None:
    sinks = Sinks(after=0.8)
    async with partial(ALARM, sinks=sinks) as on:
        began = on.port.clock.now()
        answer = await on.client.ask(post(b"{}", ENVELOPE))
        assert on.port.clock.now() - began < 0.6
        (acted,) = answer.json["rules"]
        assert (acted["did"], acted["error"]) == ([], "alert: was not durable in time, and may still be sent")
        await until(lambda: bool(sinks.durable))


async def test_a_rule_may_answer_in_place_of_a_partial_answer_and_nothing_goes_on() -> None:
    rule = {"on": "result", "when": "slow == null", "do": {"respond": {"status": 206, "body": {"only": "${fast.p}"}}}}
    async with partial(rule, sinks=Sinks()) as on:
        answer = await on.client.ask(post())
        assert (answer.status, answer.json, answer.headers.get("x-plait-rule")) == (206, {"only": 1}, "1")
        assert "location" not in answer.headers
        await on.stopped()


async def test_a_rule_that_answers_while_the_job_is_made_durable_is_heard() -> None:
    rule = {"name": "no", "on": "part", "when": "part == 'slow'", "do": {"respond": {"status": 403, "body": "no"}}}
    async with partial(rule, sinks=Sinks()) as on:
        on.jobs.gate.clear()
        on.client.writer.write(post())
        await on.jobs.coming.wait()
        on.said.say("slow", b"2")
        answer = await on.client.answer()
        assert (answer.status, answer.json, answer.headers["x-plait-rule"]) == (403, "no", "no")
        on.jobs.gate.set()


@pytest.mark.parametrize(("status", "ends"), [(200, "succeeded"), (403, "failed")])
async def test_a_job_ends_with_what_a_rule_answers(status: int, ends: str) -> None:
    rule = {"name": "no", "on": "part", "when": "part == 'a'", "do": {"respond": {"status": status, "body": {"why": "so"}}}}
    async with site("a", "b", rules=[rule]) as here:
        answer = await here.ask(post(b"{}", b"Prefer: respond-async"))
        here.said.say("a", b"1")
        found = (await here.ask(get(answer.headers["location"], b"Prefer: wait=10"))).json
        assert found["status"] == ends
        if ends == "succeeded":
            assert found["result"] == {"why": "so"}
        else:
            error = found["error"]
            assert (error["type"], error["status"], error["body"]) == ("urn:plait:problem:responded", 403, {"why": "so"})
            assert error["rule"] == "no"


async def test_a_request_that_waits_for_its_job_is_answered_by_the_rule() -> None:
    rule = {"name": "no", "on": "part", "when": "part == 'a'", "do": {"respond": {"status": 403, "body": {"why": "so"}}}}
    async with stage("a", "b", rules=[rule]) as on:
        on.said.say("a", b"1")
        answer = await on.client.ask(post(b"{}", b"Prefer: respond-async, wait=5"))
        assert (answer.status, answer.json, answer.headers["x-plait-rule"]) == (403, {"why": "so"}, "no")
        assert on.jobs.kept == {}


async def test_a_job_that_goes_on_at_another_worker_promises_under_the_same_names() -> None:
    rules = [{**ALARM, "when": "part == 'a'"}, SEEN]
    said, tables, before, after = Scripted(), Tables(), Sinks(), Sinks()
    async with RawServer(said) as server:
        async with worker(server, tables, "first", "a", "b", promising=before, rules=rules) as (first, _), first.client() as client:
            where = (await client.ask(post(b"{}", b"Prefer: respond-async"))).headers["location"]
            said.say("a", b"1")
            await until(lambda: any(tables.parts.values()))
            await first.lasting.drain(0.0)
        await until(lambda: not said.waiting)
        async with worker(server, tables, "second", "a", "b", promising=after, rules=rules) as (second, _):
            said.say("b", b"2")
            async with second.client() as client:
                assert (await client.ask(get(where, b"Prefer: wait=10"))).json["status"] == "succeeded"
    job = where.removeprefix("/jobs/")
    assert (before.ids, after.ids) == ([f"{job}/alarm/a"], [f"{job}/alarm/a", f"{job}/seen"])


async def test_no_rule_runs_on_a_job_that_a_rule_has_begun() -> None:
    sinks, tables = Sinks(), Tables()
    async with ScriptedServer(1) as server:
        config = {
            "predictors": {"a": {"url": server.url}},
            "graphs": {"predict": {"predict": "a", "rules": [{**SEEN, "do": {"defer": "later"}}]}},
            "sinks": {"later": {"queue": "normal", "graph": "predict"}},
        }
        async with proxy(config, place=Place(Memory(tables, "first"), lambda: True)) as port, port.client() as client:
            assert (await client.ask(post(b'{"n": 1}'))).status == 200
            await until(lambda: [job.status for job in tables.jobs.values()] == ["succeeded"])
    (job,) = tables.jobs.values()
    assert json.loads(job.input) == {"request": {"n": 1}, "result": 1, "parts": {"a": 1}}
    assert (job.ruled, sinks.came) == (True, [])
