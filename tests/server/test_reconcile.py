"""A worker goes from one configuration to the next while requests run."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from plait.clock import Clock
from plait.graph.document import Document
from plait.graph.load import Loaded
from plait.graph.plan import Plan, plan_of
from plait.graph.spec import Config
from plait.server.lasting import Lasting
from plait.server.listener import Listener
from plait.server.reconcile import Reconciler, reconciling
from plait.server.running import Running
from plait.server.sockets import listen
from plait.testing import Asked, Hang, RawServer, ScriptedServer
from tests.server.kept import KeptJobs
from tests.server.serving import PATIENCE, Answer, Client, endpoints, get, nowhere, post
from tests.server.streaming import Scripted


def plan(config: Mapping[str, Any], revision: int = 1, excluded: tuple[str, ...] = ()) -> Plan:
    return plan_of(Loaded(Config.model_validate(config), Document("", None), [], Path("/")), revision, excluded)


class Port:
    """A data port whose configuration can be changed."""

    def __init__(self, reconciler: Reconciler, number: int) -> None:
        self.reconciler = reconciler
        self.number = number
        self.told: asyncio.Queue[Running] = asyncio.Queue()
        reconciler.report(self.told.put_nowait)
        self.told.get_nowait()

    async def becomes(self, config: Mapping[str, Any], revision: int, excluded: tuple[str, ...] = ()) -> Running:
        """Have it run this, and wait until it does."""
        self.reconciler.adopt(plan(config, revision, excluded))
        async with asyncio.timeout(PATIENCE):
            return await self.told.get()

    async def ask(self, body: bytes = b"{}", path: str = "/predict") -> Answer:
        async with Client(self.number) as client:
            return await client.ask(post(body, path=path))


@asynccontextmanager
async def port(config: Mapping[str, Any]) -> AsyncIterator[Port]:
    clock = Clock(asyncio.get_running_loop())
    async with reconciling(plan(config), Lasting(clock, nowhere()), lambda: True) as reconciler:
        listener = Listener(reconciler.app, clock)
        reconciler.install = lambda app: setattr(listener, "handler", app)
        sock = listen("127.0.0.1", 0)
        number = sock.getsockname()[1]
        await listener.open(sock)
        yield Port(reconciler, number)
        await listener.close()
    clock.close()


def saying(word: str) -> ScriptedServer:
    return ScriptedServer({"says": word})


def asking(url: str, **options: Any) -> dict[str, Any]:
    return {"predictors": {"a": {"url": url, **options}}, "graphs": {"predict": "a"}}


async def test_a_change_is_served_and_says_its_number() -> None:
    async with saying("old") as old, saying("new") as new, port(asking(old.url)) as served:
        before = await served.ask()
        running = await served.becomes(asking(new.url), 2)
        after = await served.ask()
    assert (before.json, before.headers["x-plait-revision"]) == ({"says": "old"}, "1")
    assert (after.json, after.headers["x-plait-revision"]) == ({"says": "new"}, "2")
    assert (running.revision, running.error) == (2, None)


async def test_a_request_ends_on_the_revision_that_it_began_on() -> None:
    released = asyncio.Event()

    async def slowly(asked: Asked) -> Any:
        if b"slow" in asked.body:
            await released.wait()
        return {"says": asked.path.partition("?")[0]}

    async with ScriptedServer(slowly) as server:
        two = {"sequence": [{"predict": "a", "name": "first"}, {"predict": "a", "name": "second"}]}
        config = {**asking(server.url, timeout="5s"), "graphs": {"predict": {**two, "timeout": "5s"}}}
        changed = {"predictors": {"a": {"url": server.url, "path": "/other"}}, "graphs": {"predict": "a"}}
        async with port(config) as served, asyncio.timeout(PATIENCE):
            held = asyncio.create_task(served.ask(b'"slow"'))
            await server.came(1)
            await served.becomes(changed, 2)
            assert (await served.ask()).json == {"says": "/other"}
            released.set()
            answer = await held
    assert (answer.status, answer.json, answer.headers["x-plait-revision"]) == (200, {"says": "/predict"}, "1")


async def test_an_unchanged_predictor_keeps_its_connections_and_what_is_known_of_it() -> None:
    async with saying("a") as a, saying("b") as b:
        config = {"predictors": {"a": {"url": a.url}, "b": {"url": b.url}}, "graphs": {"predict": {"parallel": ["a", "b"]}}}
        changed = {
            "predictors": {"a": {"url": a.url, "description": "the same"}, "b": {"url": b.url, "timeout": "300ms"}},
            "graphs": config["graphs"],
        }
        async with port(config) as served:
            await served.ask()
            before = dict(served.reconciler.upstreams)
            await served.becomes(changed, 2)
            await served.ask()
            after = served.reconciler.upstreams
            assert after["a"] is before["a"]
            assert after["b"] is not before["b"]
            assert before["b"].fleet.replicas[0].endpoint.endpoint.open == 0
        assert a.connections == 1


async def test_only_what_changed_is_built_anew() -> None:
    config = {
        "predictors": {"a": {"url": "http://127.0.0.1:1"}, "b": {"url": "http://127.0.0.1:1"}},
        "graphs": {"predict": "a", "other": "b", "both": {"parallel": {"x": "predict_a", "y": "other"}}, "predict_a": "a"},
    }
    changed = {**config, "predictors": {**config["predictors"], "b": {"url": "http://127.0.0.1:2"}}}
    async with port(config) as served:
        before = dict(served.reconciler.generation.built)
        await served.becomes(changed, 2)
        after = served.reconciler.generation.built
    assert [name for name in config["graphs"] if after[name] is not before[name]] == ["other", "both"]


async def test_a_predictor_that_takes_a_graphs_name_is_asked_in_its_place() -> None:
    async with saying("graph") as one, saying("predictor") as two:
        config = {"predictors": {"a": {"url": one.url}}, "graphs": {"predict": "inner", "inner": "a"}}
        changed = {**config, "predictors": {"a": {"url": one.url}, "inner": {"url": two.url}}}
        async with port(config) as served:
            assert (await served.ask()).json == {"says": "graph"}
            await served.becomes(changed, 2)
            assert (await served.ask()).json == {"says": "predictor"}


async def test_an_excluded_predictor_leaves_its_parallel_and_comes_back_as_it_was() -> None:
    async with saying("a") as a, saying("b") as b:
        config = {"predictors": {"a": {"url": a.url}, "b": {"url": b.url}}, "graphs": {"predict": {"parallel": ["a", "b"]}}}
        async with port(config) as served:
            upstream = served.reconciler.upstreams["a"]
            await served.becomes(config, 1, ("a",))
            assert (await served.ask()).json == {"b": {"says": "b"}}
            await served.becomes(config, 1)
            assert (await served.ask()).json == {"a": {"says": "a"}, "b": {"says": "b"}}
            assert served.reconciler.upstreams["a"] is upstream


async def test_a_new_predictor_is_met_before_requests_are() -> None:
    async with saying("old") as old, saying("new") as new:
        sampled = {"predict": {"predict": "a", "sample": {"data": [1]}}}
        async with port(asking(old.url)) as served:
            running = await served.becomes({**asking(new.url, health={"path": "/health"}), "graphs": sampled}, 2)
            met = [(asked.path.partition("?")[0], asked.body) for asked in new.asked]
    assert running.warnings == ()
    assert met == [("/health", b""), ("/predict", b'{"data":[1]}')]


async def test_a_predictor_that_must_not_be_asked_twice_is_not_asked_for_a_sample() -> None:
    async with saying("old") as old, saying("new") as new:
        sampled = {"predict": {"predict": "a", "sample": {"data": [1]}}}
        async with port(asking(old.url)) as served:
            await served.becomes({**asking(new.url, idempotent=False), "graphs": sampled}, 2)
            assert new.asked == []
            assert new.connections == 1


async def test_a_predictor_that_is_not_there_is_a_warning_and_keeps_nothing_from_changing() -> None:
    async with saying("old") as old, port(asking(old.url)) as served:
        running = await served.becomes(asking("http://127.0.0.1:1"), 2)
        answer = await served.ask()
    assert running.warnings == ("predictor a could not be warmed: no connection: Connection refused",)
    assert (answer.status, answer.headers["x-plait-revision"]) == (502, "2")


async def test_a_silent_predictor_holds_a_change_up_for_no_longer_than_half_a_second() -> None:
    async with saying("old") as old, ScriptedServer(Hang()) as silent, port(asking(old.url)) as served:
        began = served.reconciler.lasting.clock.now()
        sampled = {"predict": {"predict": "a", "sample": {}}}
        running = await served.becomes({**asking(silent.url, timeout="10s"), "graphs": sampled}, 2)
        took = served.reconciler.lasting.clock.now() - began
    assert len(running.warnings) == 1
    assert running.warnings[0].startswith("predictor a could not be warmed: ")
    assert 0.5 <= took < 2


async def test_of_many_changes_at_once_the_newest_counts() -> None:
    async with saying("a") as a, port(asking(a.url)) as served:
        for revision in range(2, 50):
            served.reconciler.adopt(plan({**asking(a.url), "graphs": {"predict": {"value": revision}}}, revision))
        async with asyncio.timeout(PATIENCE):
            while (running := await served.told.get()).revision < 49:
                pass
        assert running.revision == 49
        assert (await served.ask()).body == b"49"


async def test_what_cannot_be_built_changes_nothing_and_says_why(caplog: pytest.LogCaptureFixture) -> None:
    async with saying("a") as a, port(asking(a.url)) as served:
        broken = {**asking(a.url), "graphs": {"predict": {"transform": "${nosuch.x}"}}}  # past the check, which would refuse it
        running = await served.becomes(broken, 2)
        assert (running.revision, running.error is not None) == (1, True)
        assert (await served.ask()).json == {"says": "a"}
        running = await served.becomes(asking(a.url, timeout="2s"), 3)
        assert (running.revision, running.error) == (3, None)
    assert "revision 2 cannot be run; revision 1 goes on" in caplog.text


@pytest.mark.slow
async def test_under_load_no_request_of_500_changes_fails() -> None:
    async with saying("a") as a, saying("b") as b:
        config = {"predictors": {"a": {"url": a.url}, "b": {"url": b.url}}, "graphs": {"predict": {"parallel": ["a", "b"]}}}
        statuses: list[int] = []
        async with port(config) as served:
            over = asyncio.Event()

            async def ask() -> None:
                async with Client(served.number) as client:
                    while not over.is_set():
                        answer = await client.ask(post())
                        assert json.loads(answer.body)["a"] == {"says": "a"}
                        statuses.append(answer.status)

            async with asyncio.TaskGroup() as group:
                for _ in range(4):
                    group.create_task(ask())
                for revision in range(2, 502):
                    more = {f"g{revision}": "b"} if revision % 2 else {}
                    changed = {"b": {"url": b.url, "timeout": f"{500 + revision}ms"}}
                    await served.becomes(
                        {"predictors": {**config["predictors"], **changed}, "graphs": {**config["graphs"], **more}}, revision
                    )
                over.set()
            await asyncio.sleep(0)
            assert set(statuses) == {200}
            assert sum(each.open for each in endpoints(served.reconciler.generation)) <= 8


async def test_jobs_go_on_and_are_found_after_a_change() -> None:
    jobs, said = KeptJobs(), Scripted()
    async with RawServer(said) as server, port(asking(f"{server.url}/a", timeout="10s")) as here, Client(here.number) as client:
        here.reconciler.lasting.jobs = jobs  # type: ignore[assignment] # jobs without a store
        where = (await client.ask(post(b"{}", b"Prefer: respond-async"))).headers["location"]
        assert (await here.becomes({"graphs": {"other": {"value": 1}}}, 2)).revision == 2
        assert (await client.ask(get(where))).json["status"] == "running"
        said.say("a", b"1")
        found = (await client.ask(get(where, b"Prefer: wait=10"))).json
        assert (found["status"], found["result"], found["revision"]) == ("succeeded", 1, 1)


async def test_jobs_stay_where_they_are_and_a_change_that_says_otherwise_is_told_to_wait(caplog: pytest.LogCaptureFixture) -> None:
    async with saying("a") as a, port(asking(a.url)) as served:
        await served.becomes({**asking(a.url), "jobs": {"most": 5}}, 2)
        assert "takes a restart" not in caplog.text
        await served.becomes({**asking(a.url), "jobs": {"store": "postgresql://127.0.0.1/other"}}, 3)
        assert "jobs stay in the store that plait was started with; another one takes a restart" in caplog.text
