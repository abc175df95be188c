"""Rules act: on a part the moment it arrives, on the result before it is answered, and only where they hold."""

from __future__ import annotations

import asyncio
import gc
from typing import Any
from weakref import ref

import pytest

from plait.errors import TimedOut
from plait.sinks.errors import OutboxFull
from plait.testing import FakePredictor
from plait.types import Context, Message, Recalled, Run
from tests.nodes.fakes import broken, good
from tests.rules.acting import Said, Sinks, Stage, on_stage

FRAUD = {"on": "part", "when": "part == 'fraud' && output.score > 0.9", "do": {"alert": "pager"}}


def both(*rules: Any, **options: Any) -> dict[str, Any]:
    return {"parallel": ["fraud", "spam"], "rules": list(rules), **options}


def models(score: float = 0.95, spam: float = 0.1, slow: float = 0.3) -> list[FakePredictor]:
    return [FakePredictor("fraud", {"score": score}, after=0.1), FakePredictor("spam", {"score": spam}, after=slow)]


def asked(graph: Any, predictors: list[FakePredictor], sinks: Sinks | None = None, request: Any = None) -> tuple[Stage, Said]:
    """One request."""
    said: list[Said] = []

    async def play(stage: Stage) -> None:
        said.append(await stage.ask(request))

    return on_stage(play, graph, predictors, sinks), said[0]


def test_a_graph_without_rules_is_the_very_same() -> None:
    async def play(stage: Stage) -> None:
        assert stage.compiled is stage.plain

    on_stage(play, both(), models())


def test_a_rule_on_a_part_alerts_the_moment_the_part_arrives_and_holds_nothing_up() -> None:
    stage, said = asked(both(FRAUD), models(), Sinks(after=0.15), {"n": 1})
    assert [round(at, 3) for at, _ in stage.sinks.came] == [0.1]
    assert (said.value, round(said.at, 3)) == ({"fraud": {"score": 0.95}, "spam": {"score": 0.1}}, 0.3)
    (told,) = stage.sinks.said
    assert told.pop("time").endswith("+00:00")
    assert told == {
        "type": "alert",
        "graph": "predict",
        "rule": "1",
        "sink": "pager",
        "part": "fraud",
        "output": {"score": 0.95},
        "parts": {"fraud": {"score": 0.95}},
        "request": {"n": 1},
        "request_id": "r1",
    }
    assert said.acted == [("1", "fraud", ["alert"], None)]
    assert stage.saw == {("predict", "1", "acted"): 1}


def test_a_rule_that_does_not_hold_does_nothing() -> None:
    stage, said = asked(both(FRAUD), models(score=0.5))
    assert (stage.sinks.came, said.acted, stage.saw) == ([], [], {})
    assert said.value == {"fraud": {"score": 0.5}, "spam": {"score": 0.1}}


@pytest.mark.parametrize(
    ("when", "acts"),
    [
        ("part == 'fraud'", ["fraud"]),
        ("part == 'fraud' && output.score > 0.0", ["fraud"]),
        ("part == 'fraud' && output.score > 9.0 || part == 'spam'", ["spam"]),
        ("part == 'fraud' ? false : true", ["spam"]),
        ("part == 'fraud' && (output.score > 9.0 || true)", ["fraud"]),
        ("part != 'fraud'", ["spam"]),
        ("part == 'fraud' && '||' != output.why", []),
        ("output.score > 0.0", ["fraud", "spam"]),
    ],
)
def test_a_condition_on_one_part_is_about_that_part_however_it_is_written(when: str, acts: list[str]) -> None:
    _, said = asked(both({"on": "part", "when": when, "do": {"alert": "pager"}}), models())
    assert [part for _, part, did, _ in said.acted if did] == acts


def test_a_failed_part_is_no_part_that_a_rule_sees() -> None:
    rule = {"on": "part", "when": "true", "do": {"alert": "pager"}}
    stage, said = asked(both(rule, require="any"), [broken("fraud", after=0.1), good("spam", after=0.2)])
    assert said.acted == [("1", "spam", ["alert"], None)]
    assert len(stage.sinks.said) == 1


def test_the_answer_waits_until_what_was_promised_is_durable() -> None:
    _, said = asked(both(FRAUD), models(), Sinks(after=0.5))
    assert round(said.at, 3) == 0.6
    assert said.acted == [("1", "fraud", ["alert"], None)]


def test_the_deadline_bounds_that_wait_and_the_promise_goes_on() -> None:
    stage, said = asked(both(FRAUD, timeout="500ms"), models(), Sinks(after=5.0))
    assert 0.5 <= said.at < 0.51
    assert said.acted == [("1", "fraud", [], "alert: was not durable in time, and may still be sent")]
    assert said.value["fraud"] == {"score": 0.95}
    assert len(stage.sinks.durable) == 1


def test_a_sink_that_takes_nothing_is_told_of_and_the_answer_comes_all_the_same() -> None:
    stage, said = asked(both(FRAUD), models(), Sinks(error=lambda: OutboxFull("pager has 1000 waiting")))
    assert said.value["spam"] == {"score": 0.1}
    assert said.acted == [("1", "fraud", [], "alert: Too many messages wait for the sink")]
    assert stage.saw[("predict", "1", "failed")] == 1


def test_a_fault_of_a_sink_is_answered_with_the_answer() -> None:
    _, said = asked(both(FRAUD), models(), Sinks(error=lambda: RuntimeError("boom")))
    assert said.value["spam"] == {"score": 0.1}
    assert said.acted == [("1", "fraud", [], "alert: Internal error")]


def test_a_respond_on_a_part_ends_the_request_at_once_and_stops_the_calls_under_way() -> None:
    rule = {
        "name": "stolen",
        "on": "part",
        "when": "part == 'fraud' && output.score > 0.9",
        "do": {"respond": {"status": 403, "body": {"why": "score ${output.score}", "who": "${request.who}"}}},
    }
    spam = FakePredictor("spam", after=5.0, timeout=10.0)
    _, said = asked(both(rule, timeout="9s"), [models()[0], spam], request={"who": "eve"})
    assert said.responded == (403, {"why": "score 0.95", "who": "eve"})
    assert (round(said.at, 3), spam.cancelled, spam.open) == (0.1, 1, 0)
    assert {part.key: part.status for part in said.run.parts} == {"fraud": "ok", "spam": "cancelled"}
    assert said.acted == [("stolen", "fraud", ["respond"], None)]


def test_all_rules_that_hold_act_and_the_first_that_responds_decides() -> None:
    rules = [
        {"name": "one", "on": "part", "when": "part == 'fraud'", "do": {"respond": {"status": 403, "body": 1}}},
        {"name": "two", "on": "part", "when": "part == 'fraud'", "do": {"alert": "pager", "respond": {"status": 402, "body": 2}}},
        {"name": "three", "on": "result", "when": "true", "do": {"alert": "pager"}},
    ]
    _, said = asked(both(*rules), models())
    assert said.responded == (403, 1)
    assert said.acted == [("one", "fraud", ["respond"], None), ("two", "fraud", ["alert"], None)]


def test_a_respond_waits_for_the_promises_of_its_request() -> None:
    rule = {**FRAUD, "do": {"alert": "pager", "respond": {"status": 403, "body": None}}}
    _, said = asked(both(rule), models(), Sinks(after=0.25))
    assert (said.responded, round(said.at, 3)) == ((403, None), 0.35)


def test_a_rule_on_the_result_sees_each_part_by_its_key_and_null_where_there_is_none() -> None:
    rule = {"on": "result", "when": "fraud == null && spam.score > 0.5 && result.spam.score > 0.5", "do": {"set": {"seen": True}}}
    _, said = asked(both(rule, require="any"), [broken("fraud"), FakePredictor("spam", {"score": 0.6})])
    assert said.value == {"spam": {"score": 0.6}, "seen": True}
    assert said.message is not None
    assert not said.message.complete


def test_fields_are_set_and_dropped_by_path_and_later_rules_see_that() -> None:
    rules = [
        {"on": "result", "when": "true", "do": {"set": {"spam.held": "by ${request.who}", "a.b.c": [1, "${fraud.score}"]}}},
        {"on": "result", "when": "result.spam.held == 'by me'", "do": {"drop": ["fraud", "spam.score", "no.such"]}},
    ]
    _, said = asked(both(*rules), models(), request={"who": "me"})
    assert said.value == {"spam": {"held": "by me"}, "a": {"b": {"c": [1, 0.95]}}}
    assert said.acted == [("1", None, ["set"], None), ("2", None, ["drop"], None)]


def test_a_result_that_is_no_object_is_left_as_it_is() -> None:
    rule = {"on": "result", "when": "true", "do": {"set": {"a": 1}, "alert": "pager"}}
    stage, said = asked({"transform": [1, 2], "rules": [rule]}, [])
    assert said.value == [1, 2]
    assert said.acted == [("1", None, ["alert"], "the result is no object, so that none of its fields can be set or dropped")]
    assert stage.sinks.ids[0].endswith("/1")


def test_a_rule_that_fails_is_told_of_and_the_others_act() -> None:
    rules = [
        {"on": "part", "when": "output.nothing > 1.0", "do": {"alert": "pager"}},
        {"on": "result", "when": "spam.nothing", "do": {"set": {"a": 1}}},
        {"on": "result", "when": "true", "do": {"set": {"b": 1}}},
    ]
    stage, said = asked(both(*rules), models())
    assert said.value["b"] == 1
    assert "a" not in said.value
    assert [(rule, part, did, bool(error)) for rule, part, did, error in said.acted] == [
        ("1", "fraud", [], True),
        ("1", "spam", [], True),
        ("2", None, [], True),
        ("3", None, ["set"], False),
    ]
    assert stage.saw[("predict", "1", "failed")] == 2


def test_a_defer_begins_a_job_with_the_request_the_result_and_the_parts() -> None:
    rules = [
        {"name": "a", "on": "result", "when": "true", "do": {"defer": "later", "alert": "pager"}},
        {"name": "b", "on": "part", "when": "part == 'spam'", "do": {"defer": "later"}},
    ]
    stage, _ = asked(both(*rules), models(), request=7)
    parts = {"fraud": {"score": 0.95}, "spam": {"score": 0.1}}
    by_id = {outgoing.id.partition("/")[2]: said for outgoing, said in zip(stage.sinks.durable, stage.sinks.said, strict=True)}
    assert by_id["a/defer"] == {"request": 7, "result": parts, "parts": parts}
    assert by_id["b/spam/defer"] == {"request": 7, "result": None, "parts": parts}
    assert by_id["a"]["result"] == parts
    assert len({outgoing.id.partition("/")[0] for outgoing in stage.sinks.durable}) == 1


def test_rules_on_the_result_do_not_run_where_there_is_none() -> None:
    _, said = asked(both({"on": "result", "when": "true", "do": {"alert": "pager"}}, timeout="200ms"), models(slow=0.9))
    assert isinstance(said.error, TimedOut)
    assert said.acted == []


def test_messages_of_a_job_are_called_the_same_whenever_it_runs() -> None:
    rules = [FRAUD, {"on": "result", "when": "true", "do": {"alert": "pager"}}]

    async def play(stage: Stage) -> None:
        first = await stage.ask(run=stage.run(job="j1"))
        again = stage.run(job="j1")
        again.recalled = {part.key: Recalled(part) for part in first.run.parts}
        await stage.ask(run=again)
        assert stage.sinks.ids == ["j1/1/fraud", "j1/2"] * 2

    on_stage(play, both(*rules), models())


def test_rules_on_parts_do_not_act_in_a_run_that_makes_an_answer_of_the_parts_so_far() -> None:
    async def play(stage: Stage) -> None:
        run = stage.run()
        run.first = stage.run()
        said = await stage.ask(run=run)
        assert said.acted == [("2", None, ["alert"], None)]

    on_stage(play, both(FRAUD, {"on": "result", "when": "true", "do": {"alert": "pager"}}), models())


def test_a_message_that_is_too_large_is_not_sent() -> None:
    async def play(stage: Stage) -> None:
        stage.acts.largest = 100
        said = await stage.ask()
        assert said.acted == [("1", "fraud", [], "alert: the message would be larger than 100 bytes")]
        assert not stage.sinks.came

    on_stage(play, both(FRAUD), models())


def test_what_was_promised_is_kept_when_the_client_leaves() -> None:
    spam = FakePredictor("spam", after=5.0)

    async def play(stage: Stage) -> None:
        asking = asyncio.create_task(stage.compiled.call(*_given(stage)))
        await asyncio.sleep(0.2)
        asking.cancel()
        await asyncio.wait([asking])

    stage = on_stage(play, both(FRAUD), [models()[0], spam], Sinks(after=1.0))
    assert (len(stage.sinks.durable), spam.cancelled) == (1, 1)


def _given(stage: Stage) -> Any:
    run = stage.run()
    return run.message, Context(run, 2.0)


def test_the_rules_of_a_graph_that_is_used_as_a_node_do_not_run() -> None:
    async def main(stage: Stage) -> None:
        said = await stage.ask()
        assert said.value == 1
        assert said.acted == []

    inner = {"value": 1, "rules": [{"on": "result", "when": "true", "do": {"respond": {"status": 500}}}]}
    on_stage(main, "inner", [], graphs={"predict": "inner", "inner": inner})


@pytest.mark.parametrize("did", ["set", "respond"])
def test_an_answer_that_is_changed_stays_as_complete_as_it_was(did: str) -> None:
    do = {"set": {"a": 1}} if did == "set" else {"respond": {"body": {"a": 1}}}
    _, said = asked(both({"on": "result", "when": "true", "do": do}), models())
    if did == "set":
        assert said.message is not None
        assert said.message.complete
    else:
        assert said.responded == (200, {"a": 1})


class Watched(Run):
    """A run of which it can be seen that nobody holds it any more."""

    __slots__ = ("__weakref__",)


@pytest.mark.parametrize("leaves", [False, True])
@pytest.mark.parametrize("responds", [False, True])
def test_nothing_of_a_run_that_has_ended_waits_for_the_garbage_collector(*, responds: bool, leaves: bool) -> None:
    do = {"alert": "pager", "respond": {"status": 403}} if responds else {"alert": "pager"}

    async def play(stage: Stage) -> None:
        run = Watched(Message.of(None), stage.clock, b"me")
        known = ref(run)
        said = Said(run)
        said.started = stage.compiled.call.start(run.message, Context(run, stage.clock.now() + 2.0), said, 0)
        if leaves:
            await asyncio.sleep(0.2)
            said.started.cancel()
        await asyncio.sleep(1.0)
        await stage.acts.drain(100.0)
        said.started = None
        del run, said
        assert known() is None

    gc.disable()
    try:
        on_stage(play, both({**FRAUD, "do": do}, {**FRAUD, "on": "result", "when": "true"}), models(), Sinks(after=0.2))
    finally:
        gc.enable()
