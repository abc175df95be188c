"""Rules that count: they act on the last of so many matches, whoever counts, and hold an answer up no longer than they may."""

from __future__ import annotations

import asyncio
from typing import Any

from plait.rules.acting import Match
from plait.testing import FakePredictor
from tests.rules.acting import Sinks, Stage, on_stage


def counted(**do: Any) -> dict[str, Any]:
    rule = {"name": "often", "on": "part", "when": "output > 0.8", "count": 3, "within": "1m", "by": "request.who"}
    return {"predict": "bot", "timeout": "1s", "rules": [{**rule, "do": do or {"alert": "pager"}}]}


def bot() -> list[FakePredictor]:
    return [FakePredictor("bot", lambda request: request["p"])]


class Slowly:
    """Counts elsewhere, and says so after some seconds; or cannot be reached."""

    def __init__(self, after: float, *, acts: bool = True, there: bool = True) -> None:
        self.after = after
        self.acts = acts
        self.there = there
        self.matches: list[Match] = []

    def count(self, match: Match) -> asyncio.Future[bool] | None:
        self.matches.append(match)
        loop = asyncio.get_running_loop()
        future = loop.create_future()
        loop.call_later(self.after, lambda: future.done() or future.set_result(self.acts))
        return future if self.there else None


def test_a_rule_acts_on_the_third_match_of_one_value() -> None:
    async def play(stage: Stage) -> None:
        for who, p in [("a", 0.9), ("a", 0.9), ("b", 0.9), ("a", 0.5), ("b", 0.9), ("a", 0.9), ("a", 0.9), ("a", 0.9), ("b", 0.9)]:
            await stage.ask({"who": who, "p": p})

    stage = on_stage(play, counted(), bot())
    assert [(said["by"], said["count"], said["request"]["who"]) for said in stage.sinks.said] == [("a", 3, "a"), ("b", 3, "b")]
    assert stage.saw == {("predict", "often", "counted"): 6, ("predict", "often", "acted"): 2}


def test_without_by_all_matches_are_counted_together() -> None:
    graph = counted()
    del graph["rules"][0]["by"]

    async def play(stage: Stage) -> None:
        for who in "abc":
            await stage.ask({"who": who, "p": 0.9})

    stage = on_stage(play, graph, bot())
    (said,) = stage.sinks.said
    assert "by" not in said


def test_a_match_without_a_value_to_count_it_for_is_a_failure_of_the_rule() -> None:
    async def play(stage: Stage) -> None:
        said = await stage.ask({"p": 0.9})
        assert said.value == 0.9
        ((rule, part, did, error),) = said.acted
        assert (rule, part, did) == ("often", "bot", [])
        assert "request.who" in error

    stage = on_stage(play, counted(), bot())
    assert stage.saw == {("predict", "often", "failed"): 1}


def test_an_alert_is_promised_when_it_is_decided_and_the_answer_waits_for_both() -> None:
    async def play(stage: Stage) -> None:
        stage.acts.elsewhere = Slowly(0.3)
        said = await stage.ask({"who": "a", "p": 0.9})
        assert (round(said.at, 3), said.acted) == (0.5, [("often", "bot", ["alert"], None)])

    stage = on_stage(play, counted(), bot(), Sinks(after=0.2))
    assert [round(at, 3) for at, _ in stage.sinks.came] == [0.3]


def test_what_is_decided_after_the_deadline_is_alerted_all_the_same() -> None:
    async def play(stage: Stage) -> None:
        stage.acts.elsewhere = Slowly(5.0)
        said = await stage.ask({"who": "a", "p": 0.9})
        assert 1.0 <= said.at < 1.01
        await asyncio.sleep(6.0)

    assert len(on_stage(play, counted(), bot()).sinks.said) == 1


def test_an_answer_that_depends_on_it_waits_50_ms_for_the_decision() -> None:
    graph = counted(respond={"status": 429, "body": "slow down"})

    async def play(stage: Stage) -> None:
        stage.acts.elsewhere = Slowly(0.03)
        said = await stage.ask({"who": "a", "p": 0.9})
        assert (said.responded, round(said.at, 3)) == ((429, "slow down"), 0.03)
        stage.acts.elsewhere = Slowly(0.3)
        began = stage.clock.now()
        said = await stage.ask({"who": "a", "p": 0.9})
        assert said.value == 0.9
        assert 0.05 <= said.at - began < 0.06

    on_stage(play, graph, bot())


def test_an_answer_that_is_decided_on_waits_for_its_promises_as_any_other() -> None:
    async def play(stage: Stage) -> None:
        stage.acts.elsewhere = Slowly(0.03)
        said = await stage.ask({"who": "a", "p": 0.9})
        assert (said.responded, round(said.at, 2)) == ((429, None), 0.33)
        assert said.acted == [("often", "bot", ["respond", "alert"], None)]

    on_stage(play, counted(respond={"status": 429}, alert="pager"), bot(), Sinks(after=0.3))


def test_a_result_that_is_decided_about_in_time_is_changed_and_the_rules_go_on_in_order() -> None:
    rules = [
        {"on": "result", "when": "true", "do": {"set": {"often": True}}, "count": 2, "within": "1m"},
        {"on": "result", "when": "has(result.often)", "do": {"set": {"after": 1}}},
    ]

    async def play(stage: Stage) -> None:
        stage.acts.elsewhere = Slowly(0.02)
        assert (await stage.ask()).value == {"often": True, "after": 1}
        stage.acts.elsewhere = Slowly(0.02, acts=False)
        assert (await stage.ask()).value == {}
        stage.acts.elsewhere = Slowly(0.2)
        said = await stage.ask()
        assert (said.value, said.acted) == ({}, [])
        await asyncio.sleep(0.3)
        assert said.acted == [("1", None, [], "it was known too late that it acts for the answer to be changed")]

    stage = on_stage(play, {"value": {}, "rules": rules}, [])
    assert stage.saw[("predict", "1", "failed")] == 1


def test_who_cannot_reach_those_that_count_counts_alone() -> None:
    async def play(stage: Stage) -> None:
        stage.acts.elsewhere = Slowly(0.0, there=False)
        for _ in range(3):
            await stage.ask({"who": "a", "p": 0.9})

    assert len(on_stage(play, counted(), bot()).sinks.said) == 1


def test_a_run_of_a_job_has_its_match_counted_once() -> None:
    async def play(stage: Stage) -> None:
        for job in ("j1", "j1", "j2", "j1", "j3", "j3"):
            await stage.ask(run=stage.run({"who": "a", "p": 0.9}, job))

    stage = on_stage(play, counted(), bot())
    assert stage.sinks.ids == ["j3/often/bot", "j3/often/bot"]  # by the same name, so it is sent once


def test_what_is_not_durable_when_plait_ends_has_some_time_to_become_so_and_is_stopped_then() -> None:
    async def play(stage: Stage) -> None:
        stage.sinks.after = 3.0
        asking = asyncio.create_task(stage.ask({"who": "a", "p": 0.9}))
        await asyncio.sleep(0.1)
        await stage.acts.drain(1.0)
        assert (round(stage.clock.now(), 2), stage.sinks.durable) == (1.1, [])
        await stage.acts.close()
        said = await asking
        assert said.acted == [("1", "bot", [], "alert: was not durable in time, and may still be sent; alert: Not promised")]

    rule = {"on": "part", "when": "true", "do": {"alert": "pager"}}
    on_stage(play, {"predict": "bot", "timeout": "1s", "rules": [rule]}, bot())
