import asyncio
from pathlib import Path
from typing import Any

import pytest

from plait.control.errors import InUse, NotPermitted, Stale, StoreDown
from plait.control.merge import apply, delete, put, whole
from plait.control.outcome import Desired, Findings
from plait.errors import ConfigError, NotFound, Problem, StartError
from plait.graph.load import Loaded
from plait.graph.text import parse
from tests.control.ledgers import FILE_TEXT, begun, ledger

NEW = {"url": "http://new"}
COUPLED = b"""\
predictors:
  a: {url: "http://a", needs: {b: "1"}}
  b: {url: "http://b", version: "1"}
graphs:
  predict: {parallel: [a, b]}
"""


async def test_the_first_file_is_revision_1(tmp_path: Path):
    told: list[Desired] = []
    async with ledger(tmp_path, told=told) as found:
        outcome = await begun(found)
        assert (outcome.revision, outcome.changed, outcome.created) == (1, True, False)
        assert (found.active.number, found.active.author, found.active.reason) == (1, "file", "")
        assert [desired.plan.revision for desired in told] == [1]
        assert list(found.config.predictors) == ["a", "b"]


async def test_a_change_is_the_next_revision_with_its_author_reason_and_difference(tmp_path: Path):
    told: list[Desired] = []
    async with ledger(tmp_path, told=told) as found:
        await begun(found)
        outcome = await found.propose(put("predictors", "c", NEW), author="api:eve", reason="a\nnew one")
        assert (outcome.revision, outcome.created, outcome.changed) == (2, True, True)
        assert (found.active.author, found.active.reason) == ("api:eve", "a new one")
        assert outcome.difference == found.active.difference
        assert [change["path"] for change in outcome.difference] == ["predictors.c"]
        assert [desired.revision.number for desired in told] == [1, 2]
        again = await found.propose(put("predictors", "c", {"url": "http://newer"}), author="api")
        assert not again.created


async def test_what_is_active_is_known_again_after_a_restart(tmp_path: Path):
    async with ledger(tmp_path) as found:
        await begun(found)
        await found.propose(put("predictors", "c", NEW), author="api")
        await found.exclude("a", author="api", reason="it is bad")
        before = found.active
    told: list[Desired] = []
    async with ledger(tmp_path, told=told) as found:
        assert found.active == before
        assert found.marks["a"].reason == "it is bad"
        assert told[0].plan.excluded == ("a",)


async def test_a_change_that_changes_nothing_makes_no_revision(tmp_path: Path):
    async with ledger(tmp_path) as found:
        await begun(found)
        outcome = await found.propose(put("predictors", "a", {"url": "http://a"}), author="api")
        assert (outcome.revision, outcome.changed, outcome.difference) == (1, False, ())
        assert len(await found.history(None, 10)) == 1


async def test_another_order_of_branches_is_a_change(tmp_path: Path):
    async with ledger(tmp_path) as found:
        await begun(found)
        await found.propose(put("graphs", "predict", {"parallel": {"x": "a", "y": "b"}}), author="api")
        outcome = await found.propose(put("graphs", "predict", {"parallel": {"y": "b", "x": "a"}}), author="api")
        assert outcome.revision == 3
        assert outcome.difference == (
            {"path": "graphs.predict.parallel", "change": "changed", "from": ["x", "y"], "to": ["y", "x"]},
        )


async def test_a_dry_run_checks_and_changes_nothing(tmp_path: Path):
    async with ledger(tmp_path) as found:
        await begun(found)
        outcome = await found.propose(put("predictors", "c", NEW), author="api", dry_run=True)
        assert (outcome.revision, outcome.created, outcome.changed, outcome.dry_run) == (1, True, False, True)
        assert [change["path"] for change in outcome.difference] == ["predictors.c"]
        with pytest.raises(ConfigError):
            await found.propose(put("predictors", "c", {}), author="api", dry_run=True)
        assert found.active.number == 1


async def test_every_problem_has_its_path_and_the_line_of_what_was_sent(tmp_path: Path):
    sent = parse(b"predictors:\n  c: {url: c}\n  d:\n    url: http://d\n    timeout: 3\nnonsense: 1\n", "yaml", "sent")
    async with ledger(tmp_path) as found:
        await begun(found)
        with pytest.raises(ConfigError) as raised:
            await found.propose(apply(sent), author="api")
        places = [(problem.path, problem.line) for problem in raised.value.problems]
        assert places == [("predictors.c.url", 2), ("predictors.d.timeout", 5), ("", 6)]
        assert found.active.number == 1


async def test_a_problem_outside_of_what_was_sent_has_no_line(tmp_path: Path):
    text = FILE_TEXT + b"  needy: {sequence: [a, {switch: [{when: request.x == 1, then: b}]}]}\n"
    async with ledger(tmp_path) as found:
        await begun(found, text)
        sent = parse(b"\n\ngraphs:\n  needy:\n    parallel: [b]\n    route: /predict\n", "yaml", "sent")
        with pytest.raises(ConfigError) as raised:
            await found.propose(apply(sent), author="api")
        assert [(problem.path, problem.line) for problem in raised.value.problems] == [("graphs.needy.route", 6)]
        with pytest.raises(ConfigError) as raised:
            await found.propose(put("graphs", "first", parse(b"\n{parallel: [a], route: /predict}", "yaml", "sent")), author="api")
        assert [(problem.path, problem.line) for problem in raised.value.problems] == [("graphs.first.route", 2)]
        with pytest.raises(ConfigError) as raised:
            await found.propose(
                apply({"defaults": {"predictor": {"hedge": {"after": "p95"}}}, "predictors": {"c": NEW | {"needs": {"a": "2"}}}}),
                author="api",
            )
        assert [(problem.path, problem.line) for problem in raised.value.problems] == [("predictors.c.needs.a", 0)]


async def test_a_text_with_the_same_key_twice_is_refused(tmp_path: Path):
    async with ledger(tmp_path) as found:
        await begun(found)
        with pytest.raises(ConfigError, match="twice"):
            await found.propose(
                put("predictors", "c", parse(b'{"url": "http://c", "url": "http://d"}', "json", "sent")), author="api"
            )


async def test_what_is_used_is_not_removed(tmp_path: Path):
    async with ledger(tmp_path) as found:
        await begun(found, FILE_TEXT + b"  label: predict\n  late: {sequence: [label]}\n")
        for edit, user in (
            (delete("predictors", "a"), "graphs.predict"),
            (apply({"predictors": {"b": None}}), "graphs.predict"),
            (delete("graphs", "label"), "graphs.late"),
        ):
            with pytest.raises(InUse) as raised:
                await found.propose(edit, author="api")
            assert [problem.path for problem in raised.value.problems] == [user]
        outcome = await found.propose(apply({"graphs": {"label": None, "late": None}}), author="api")
        assert outcome.revision == 2
        with pytest.raises(NotFound):
            await found.propose(delete("graphs", "label"), author="api")


async def test_what_others_need_is_not_removed(tmp_path: Path):
    text = b'predictors:\n  a: {url: "http://a", needs: {b: "2"}}\n  b: {url: "http://b", version: "2"}\ngraphs: {predict: a}\n'
    async with ledger(tmp_path) as found:
        await begun(found, text)
        with pytest.raises(InUse) as raised:
            await found.propose(delete("predictors", "b"), author="api")
        assert [problem.path for problem in raised.value.problems] == ["predictors.a"]


async def test_a_graph_of_the_removed_predictors_name_takes_its_place(tmp_path: Path):
    async with ledger(tmp_path) as found:
        await begun(found, FILE_TEXT + b"  a: {sequence: [b]}\n")
        assert (await found.propose(delete("predictors", "a"), author="api")).revision == 2


async def test_if_match_guards_against_others(tmp_path: Path):
    async with ledger(tmp_path) as found:
        await begun(found)
        await found.propose(put("predictors", "c", NEW), author="api", if_match=1)
        with pytest.raises(Stale):
            await found.propose(delete("predictors", "c"), author="api", if_match=1)
        with pytest.raises(Stale):
            await found.exclude("a", author="api", if_match=1)
        assert (await found.propose(delete("predictors", "c"), author="api", if_match=2)).revision == 3


async def test_only_the_file_names_code_paths_and_variables(tmp_path: Path):
    async with ledger(tmp_path, environ={"X": "http://x"}) as found:
        await begun(found)
        for edit in (
            put("graphs", "code", {"sequence": ["a", {"python": "os:getcwd"}]}),
            put("predictors", "c", NEW | {"model": "c.onnx"}),
            put("predictors", "c", {"url": "${env.X}"}),
            whole({"server": {"allow_local": True}}),
        ):
            with pytest.raises(NotPermitted):
                await found.propose(edit, author="api")
        assert found.active.number == 1


async def test_code_that_may_not_be_named_is_not_imported(tmp_path: Path):
    (tmp_path / "never_imported.py").write_text("raise SystemExit('imported')")
    async with ledger(tmp_path) as found:
        await begun(found)
        with pytest.raises(NotPermitted) as raised:
            await found.propose(
                apply({"graphs": {"code": {"python": "never_imported:run"}}, "predictors": {"broken": {}}}), author="api"
            )
        assert "graphs.code.python" in [problem.path for problem in raised.value.problems]


async def test_the_file_says_what_the_api_may_name(tmp_path: Path):
    async with ledger(tmp_path, environ={"X": "http://x"}) as found:
        await begun(found, FILE_TEXT + b"server: {allow_local: true}\n")
        outcome = await found.propose(put("predictors", "c", {"url": "${env.X}"}), author="api")
        assert outcome.revision == 2
        assert found.active.data["predictors"]["c"] == {"url": "${env.X}"}
        assert found.config.predictors["c"].url == "http://x"


async def test_secrets_that_are_put_back_stay(tmp_path: Path):
    async with ledger(tmp_path) as found:
        await begun(found)
        await found.propose(put("predictors", "b", {"url": "http://b/v2", "headers": {"authorization": "***"}}), author="api")
        assert found.active.data["predictors"]["b"] == {"url": "http://b/v2", "headers": {"authorization": "Bearer b"}}
        with pytest.raises(ConfigError) as raised:
            await found.propose(put("predictors", "a", {"url": "http://a", "headers": {"x-token": "***"}}), author="api")
        assert [problem.path for problem in raised.value.problems] == ["predictors.a.headers.x-token"]


async def test_a_secret_does_not_follow_its_predictor_to_another_host(tmp_path: Path):
    async with ledger(tmp_path) as found:
        await begun(found)
        before = found.active
        for where in ({"url": "http://evil"}, {"urls": ["http://b", "http://evil"]}, {"url": "http://b:81"}):
            with pytest.raises(ConfigError) as raised:
                await found.propose(put("predictors", "b", {**where, "headers": {"authorization": "***"}}), author="api")
            assert [problem.path for problem in raised.value.problems] == ["predictors.b.headers.authorization"]
        assert found.active is before


async def test_fifty_writers_at_once_lose_nothing(tmp_path: Path):
    async with ledger(tmp_path) as found:
        await begun(found)
        async with asyncio.TaskGroup() as group:
            for number in range(50):
                group.create_task(found.propose(put("predictors", f"n{number}", NEW), author="api"))
        assert found.active.number == 51
        assert set(found.active.data["predictors"]) == {"a", "b", *(f"n{number}" for number in range(50))}
        assert [entry.number for entry in await found.history(None, 100)] == list(range(51, 0, -1))


async def test_an_excluded_predictor_is_taken_out_until_it_is_included(tmp_path: Path):
    told: list[Desired] = []
    async with ledger(tmp_path, told=told) as found:
        await begun(found)
        assert (await found.exclude("a", author="api", reason="bad")).changed
        assert not (await found.exclude("a", author="api")).changed
        assert found.marks["a"].reason == "bad"
        assert (await found.include("a", author="api")).changed
        assert not (await found.include("a", author="api")).changed
        assert [desired.plan.excluded for desired in told] == [(), ("a",), ()]
        for act in (found.exclude, found.include):
            with pytest.raises(NotFound):
                await act("c", author="api")


async def test_the_last_branch_and_a_required_one_are_not_excluded(tmp_path: Path):
    async with ledger(tmp_path) as found:
        await begun(found, FILE_TEXT + b"  other: {parallel: [a, b], require: [b]}\n")
        with pytest.raises(InUse, match=r"the branch b is excluded") as raised:
            await found.exclude("b", author="api")
        assert [problem.path for problem in raised.value.problems] == ["graphs.other.require[0]"]
        await found.exclude("a", author="api")
        assert list(found.marks) == ["a"]
        await found.propose(delete("graphs", "other"), author="api")
        with pytest.raises(InUse, match="every branch is excluded"):
            await found.exclude("b", author="api", dry_run=True)


async def test_a_change_that_does_not_fit_to_who_is_excluded_is_refused(tmp_path: Path):
    async with ledger(tmp_path) as found:
        await begun(found)
        await found.exclude("a", author="api")
        with pytest.raises(ConfigError, match="the branch a is excluded"):
            await found.propose(put("graphs", "other", {"parallel": ["a", "b"], "require": ["a"]}), author="api")
        await found.propose(put("graphs", "other", {"parallel": ["a", "b"]}), author="api")
        assert list(found.marks) == ["a"]


async def test_a_mark_outlives_its_predictor(tmp_path: Path):
    async with ledger(tmp_path) as found:
        await begun(found)
        await found.propose(put("predictors", "c", NEW), author="api")
        await found.exclude("c", author="api")
        await found.propose(delete("predictors", "c"), author="api")
        assert found.desired.plan.excluded == ()
        await found.propose(put("predictors", "c", NEW), author="api")
        assert found.desired.plan.excluded == ("c",)
        await found.propose(delete("predictors", "c"), author="api")
        assert (await found.include("c", author="api")).changed
        assert found.marks == {}


async def test_an_old_revision_comes_back_as_a_new_one(tmp_path: Path):
    async with ledger(tmp_path) as found:
        await begun(found)
        await found.propose(put("predictors", "c", NEW), author="api")
        outcome = await found.activate(1, author="rollback", reason="c is bad")
        assert outcome.revision == 3
        assert found.active.data == (await found.revision(1)).data
        with pytest.raises(NotFound):
            await found.activate(9, author="rollback")


async def test_an_old_revision_does_not_bring_back_what_only_the_file_says(tmp_path: Path):
    async with ledger(tmp_path) as found:
        await begun(found, FILE_TEXT + b"server: {allow_local: true, port: 8080}\n")
        await begun(found, FILE_TEXT + b"server: {port: 80, open_metrics: true}\n")
        await found.activate(1, author="rollback")
        assert found.active.data["server"] == {"port": 8080, "open_metrics": True}


async def test_the_file_speaks_when_it_changes(tmp_path: Path):
    async with ledger(tmp_path) as found:
        await begun(found)
        await found.propose(put("predictors", "c", NEW), author="api")
        assert await found.take_file(FILE_TEXT, "yaml", "plait.yaml") is None
    async with ledger(tmp_path) as found:
        assert await found.take_file(FILE_TEXT, "yaml", "plait.yaml") is None
        assert found.active.number == 2
        outcome = await begun(found, FILE_TEXT + b"  second: a\n")
        assert outcome.revision == 3
        assert "c" not in found.active.data["predictors"]
        assert (await begun(found)).revision == 4


async def test_a_file_with_another_comment_only_is_taken_in_without_a_revision(tmp_path: Path):
    async with ledger(tmp_path) as found:
        await begun(found)
        outcome = await begun(found, b"# new\n" + FILE_TEXT)
        assert (outcome.revision, outcome.changed) == (1, False)
        assert await found.take_file(b"# new\n" + FILE_TEXT, "yaml", "plait.yaml") is None


async def test_an_invalid_file_changes_nothing_and_is_told_of_again(tmp_path: Path):
    async with ledger(tmp_path) as found:
        await begun(found)
        for _ in range(2):
            with pytest.raises(ConfigError):
                await found.take_file(b"predictors: {a: {}}", "yaml", "plait.yaml")
            with pytest.raises(ConfigError):
                await found.take_file(b"{", "yaml", "plait.yaml")
        assert found.active.number == 1


async def test_a_file_that_reaches_many_proxies_speaks_once(tmp_path: Path):
    changed = FILE_TEXT + b"  second: a\n"
    async with ledger(tmp_path, proxy="one") as one:
        await begun(one)
        await begun(one, changed)
        await one.propose(put("predictors", "c", NEW), author="api")
    async with ledger(tmp_path, proxy="two") as two:
        assert await two.take_file(changed, "yaml", "plait.yaml") is None
        assert two.active.number == 3


async def test_without_a_file_the_environment_speaks_when_it_changes(tmp_path: Path):
    environ = {"SERVICE_A": "a:1", "SERVICE_B": "b:1"}
    async with ledger(tmp_path, environ=environ) as found:
        outcome = await found.take_services()
        assert outcome is not None
        assert (outcome.revision, found.active.author) == (1, "start")
        assert list(found.config.graphs) == ["predict", "label"]
        assert await found.take_services() is None
    async with ledger(tmp_path, environ={"SERVICE_A": "a:2"}) as found:
        outcome = await found.take_services()
        assert outcome is not None
        assert outcome.revision == 2
    async with ledger(tmp_path / "other") as found:
        with pytest.raises(StartError, match="neither a file"):
            await found.take_services()


async def test_what_is_found_by_asking_around_keeps_a_change_from_becoming_active(tmp_path: Path):
    asked: list[tuple[list[str], Any]] = []

    async def before(candidate: Loaded, old: Loaded | None) -> Findings:
        asked.append((list(candidate.config.predictors), old and list(old.config.predictors)))
        wrong = [Problem("predictors.bad.version", "says 1")] if "bad" in candidate.config.predictors else []
        return Findings(wrong, ["it was asked"])

    async with ledger(tmp_path, before=before) as found:
        assert (await begun(found)).warnings == ("it was asked",)
        with pytest.raises(ConfigError, match="says 1"):
            await found.propose(put("predictors", "bad", NEW), author="api")
        assert asked == [(["a", "b"], None), (["a", "b", "bad"], ["a", "b"])]
        assert found.active.number == 1


async def test_what_cannot_run_here_leaves_what_ran_before(tmp_path: Path):
    text = b'predictors: {a: {url: "${env.X}"}}\ngraphs: {predict: a}\n'
    async with ledger(tmp_path, environ={"X": "http://x"}) as found:
        await begun(found, text)
    told: list[Desired] = []
    async with ledger(tmp_path, told=told) as found:
        assert found.active.number == 1
        assert found.unfit is not None
        assert told == []
        with pytest.raises(ConfigError, match="X is not set"):
            _ = found.desired
        assert (await found.propose(whole({"predictors": {"a": NEW}, "graphs": {"predict": "a"}}), author="api")).revision == 2
        assert found.unfit is None
        assert [desired.plan.revision for desired in told] == [2]


async def test_a_change_whose_caller_goes_away_is_brought_to_its_end(tmp_path: Path):
    told: list[Desired] = []
    async with ledger(tmp_path, told=told) as found:
        await begun(found)
        change = asyncio.create_task(found.propose(put("predictors", "c", NEW), author="api"))
        await asyncio.sleep(0)
        change.cancel()
        with pytest.raises(asyncio.CancelledError):
            await change
    assert [desired.revision.number for desired in told] == [1, 2]


async def test_nothing_is_known_of_a_new_store(tmp_path: Path):
    async with ledger(tmp_path) as found:
        for ask in (lambda: found.active, lambda: found.desired):
            with pytest.raises(StoreDown, match="no configuration"):
                ask()
        assert found.marks == {}
        with pytest.raises(NotFound):
            await found.revision(1)


async def test_a_predictor_that_no_longer_fits_is_not_included(tmp_path: Path):
    async with ledger(tmp_path) as found:
        await begun(found, COUPLED)
        await found.exclude("a", author="api")
        await found.propose(put("predictors", "b", {"url": "http://b", "version": "2"}), author="api")
        with pytest.raises(ConfigError, match="needs b of version 1") as raised:
            await found.include("a", author="api")
        assert not isinstance(raised.value, NotPermitted)
        assert list(found.marks) == ["a"]


async def test_coupled_predictors_change_together_or_not_at_all(tmp_path: Path):
    a, b = {"url": "http://a", "needs": {"b": "2"}}, {"url": "http://b", "version": "2"}
    async with ledger(tmp_path) as found:
        await begun(found, COUPLED)
        for edit in (put("predictors", "a", a), put("predictors", "b", b)):
            with pytest.raises(ConfigError, match="change together"):
                await found.propose(edit, author="api")
        assert (await found.propose(apply({"predictors": {"a": a, "b": b}}), author="api")).revision == 2


async def test_what_cannot_run_here_is_not_marked_either(tmp_path: Path):
    text = b'predictors: {a: {url: "${env.X}"}, b: {url: "http://b"}}\ngraphs: {predict: {parallel: [a, b]}}\n'
    async with ledger(tmp_path, environ={"X": "http://x"}) as found:
        await begun(found, text)
    async with ledger(tmp_path) as found:
        with pytest.raises(ConfigError, match="X is not set"):
            await found.exclude("b", author="api")


async def test_a_configuration_grows_no_larger_than_a_file(tmp_path: Path):
    async with ledger(tmp_path) as found:
        await begun(found)
        with pytest.raises(ConfigError, match="is larger than 1MiB"):
            await found.propose(put("graphs", "big", {"value": "x" * (1 << 20)}), author="api")
        with pytest.raises(ConfigError, match=r"has more than 25,000 values"):
            await found.propose(put("graphs", "big", {"value": [0] * 25_000}), author="api")
        for depth in (63, 10_000):
            deep: Any = 1
            for _ in range(depth):
                deep = [deep]
            with pytest.raises(ConfigError, match="nested more than 64 deep"):
                await found.propose(put("graphs", "big", {"value": deep}), author="api")
        assert found.active.number == 1


async def test_an_edit_that_fails_in_itself_is_no_change(tmp_path: Path):
    async with ledger(tmp_path) as found:
        await begun(found)
        for edit in (apply([1]), whole("text"), apply({"graphs": 3})):
            with pytest.raises(ConfigError):
                await found.propose(edit, author="api")
        assert found.active.number == 1
