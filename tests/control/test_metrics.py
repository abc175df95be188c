"""The metrics as Prometheus' own parsers read them."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.openmetrics.parser import text_string_to_metric_families as openmetrics
from prometheus_client.parser import text_string_to_metric_families as classic

from plait.control.metrics import Known, exposition
from plait.control.totals import Totals
from tests.control.telling import graph, known, predictor, replica, snapshot

Values = dict[str, float]


def values(*snapshots: dict[str, Any], more: Known | None = None, totals: Totals | None = None) -> Values:
    """What a scrape sees, each value under its name as Prometheus writes it."""
    text, _ = exposition(snapshots, more or known(), totals or Totals())
    return {shown(sample.name, sample.labels): sample.value for family in classic(text.decode()) for sample in family.samples}


def shown(name: str, labels: dict[str, str]) -> str:
    inner = ",".join(f"{label}={value}" for label, value in sorted(labels.items()) if value)
    return f"{name}{{{inner}}}" if inner else name


TWO = (
    snapshot(
        1,
        revision=7,
        connections=5,
        in_flight=2,
        refused=3,
        rss=1000,
        rules=[
            {"graph": "predict", "rule": "alarm", "outcome": "acted", "count": 1},
            {"graph": "predict", "rule": "2", "outcome": "failed", "count": 1},
            {"graph": "gone", "rule": "3", "outcome": "acted", "count": 1},
        ],
        graphs={"predict": graph({"200": 2, "504": 1}, 0.02, 0.03, 2.0)},
        predictors={
            "setosa": predictor(
                {"ok": 4, "timeout": 1},
                *(0.004, 0.004, 0.004, 0.004, 1.0),
                in_flight=2,
                waiting=1,
                limit=16,
                panic=True,
                replicas=[replica("127.0.0.1:8000", ejected=True), replica("127.0.0.1:8001", unwell=True)],
            )
        },
    ),
    snapshot(
        2,
        pid=101,
        revision=6,
        connections=7,
        refused=1,
        rss=2000,
        rules=[{"graph": "predict", "rule": "alarm", "outcome": "acted", "count": 2}],
        graphs={"predict": graph({"200": 1}, 0.02)},
        predictors={
            "setosa": predictor({"ok": 1}, 0.004, in_flight=1, limit=8, replicas=[replica("127.0.0.1:8000", ejected=True)])
        },
    ),
)
MORE = known(
    predictors=["setosa", "virginica"],
    workers=[1, 2, 3],
    desired=7,
    excluded={"virginica"},
    changes={("file", "refused"): 2, ("api", "accepted"): 5},
    config_valid=False,
    store_up=True,
    accuracy={"setosa": 0.75, "gone": 0.1},
)
TABLE = {
    "plait_requests_total{graph=predict,status=200}": 3,
    "plait_requests_total{graph=predict,status=504}": 1,
    "plait_request_seconds_bucket{graph=predict,le=0.01}": 0,
    "plait_request_seconds_bucket{graph=predict,le=0.025}": 2,
    "plait_request_seconds_bucket{graph=predict,le=0.05}": 3,
    "plait_request_seconds_bucket{graph=predict,le=+Inf}": 4,
    "plait_request_seconds_count{graph=predict}": 4,
    "plait_request_seconds_sum{graph=predict}": pytest.approx(2.07),
    "plait_own_seconds_count{graph=predict}": 4,
    "plait_own_seconds_sum{graph=predict}": pytest.approx(0.207),
    "plait_rule_matches_total{graph=predict,outcome=acted,rule=alarm}": 3,
    "plait_rule_matches_total{graph=predict,outcome=failed,rule=2}": 1,
    "plait_parts_total{predictor=setosa,status=ok}": 5,
    "plait_parts_total{predictor=setosa,status=timeout}": 1,
    "plait_part_seconds_bucket{le=0.005,predictor=setosa}": 5,
    "plait_part_seconds_count{predictor=setosa}": 6,
    "plait_part_seconds_count{predictor=virginica}": 0,
    "plait_in_flight{predictor=setosa}": 3,
    "plait_waiting{predictor=setosa}": 1,
    "plait_limit{predictor=setosa}": 24,
    "plait_predictor_panic{predictor=setosa}": 1,
    "plait_predictor_excluded{predictor=setosa}": 0,
    "plait_predictor_excluded{predictor=virginica}": 1,
    "plait_replica_ejected{endpoint=127.0.0.1:8000,predictor=setosa}": 2,
    "plait_replica_ejected{endpoint=127.0.0.1:8001,predictor=setosa}": 0,
    "plait_replica_unwell{endpoint=127.0.0.1:8001,predictor=setosa}": 1,
    "plait_accuracy{predictor=setosa}": 0.75,
    "plait_connections": 12,
    "plait_requests_in_flight": 2,
    "plait_refused_total": 4,
    "plait_revision{state=desired}": 7,
    "plait_revision{state=running,worker=1}": 7,
    "plait_revision{state=running,worker=2}": 6,
    "plait_worker_up{worker=1}": 1,
    "plait_worker_up{worker=3}": 0,
    "plait_worker_resident_bytes{worker=2}": 2000,
    "plait_worker_start_time_seconds{worker=1}": 1796090400,
    "plait_config_changes_total{outcome=refused,source=file}": 2,
    "plait_config_changes_total{outcome=accepted,source=api}": 5,
    "plait_config_valid": 0,
    "plait_store_up": 1,
}


@pytest.mark.parametrize(("name", "value"), TABLE.items(), ids=TABLE)
def test_what_two_of_three_workers_tell_is_one_number(name: str, value: float) -> None:
    assert values(*TWO, more=MORE)[name] == value


def test_the_build_says_which_plait_it_is() -> None:
    (name,) = (name for name in values() if name.startswith("plait_build_info"))
    assert "version=" in name
    assert "python=3." in name


def test_both_formats_say_the_same() -> None:
    plain, kind = exposition(TWO, MORE, Totals())
    assert kind == "text/plain; version=0.0.4; charset=utf-8"
    text, kind = exposition(TWO, MORE, Totals(), "application/openmetrics-text;version=1.0.0;q=0.5,text/plain;q=0.3")
    assert kind.startswith("application/openmetrics-text; version=1.0.0")
    assert text.endswith(b"# EOF\n")

    def found(families: Any) -> Values:
        return {shown(sample.name, sample.labels): sample.value for family in families for sample in family.samples}

    assert found(openmetrics(text.decode())) == found(classic(plain.decode()))


@pytest.mark.parametrize(
    "accept",
    [
        "",
        "*/*",
        "text/plain",
        "application/openmetrics-text;q=0",
        "application/openmetrics-text ; q=0.0",
        ";;,",
        "application/json",
    ],
)
def test_who_does_not_ask_for_openmetrics_gets_the_format_that_everybody_reads(accept: str) -> None:
    assert exposition((), known(), Totals(), accept)[1].startswith("text/plain; version=0.0.4")


@pytest.mark.parametrize("version", ["abc", "999", '1.0.0\r\nX-Evil: "1"', "0.0.1"])
def test_a_client_does_not_choose_what_the_content_type_says(version: str) -> None:
    _, kind = exposition((), known(), Totals(), f"application/openmetrics-text;version={version}")
    assert kind == "application/openmetrics-text; version=1.0.0; charset=utf-8"


def test_every_metric_has_a_type_and_words_and_a_name_of_ours() -> None:
    families = list(classic(exposition(TWO, MORE, Totals())[0].decode()))
    assert all(family.name.startswith("plait_") and family.documentation and family.type != "unknown" for family in families)


def test_labels_are_names_of_the_configuration_only() -> None:
    told = snapshot(
        graphs={"gone": graph({"200": 1}, 0.1)}, predictors={"old": predictor({"ok": 1}, 0.1, replicas=[replica("a:1")])}
    )
    assert not any("=gone" in name or "=old" in name for name in values(told))


def test_a_predictor_that_a_worker_does_not_have_yet_is_what_the_others_say() -> None:
    told = values(snapshot(1, predictors={"setosa": predictor({}, in_flight=2)}), snapshot(2, pid=101))
    assert told["plait_in_flight{predictor=setosa}"] == 2


def test_a_worker_that_only_starts_says_little_and_is_up() -> None:
    told = values({"worker": 1, "pid": 100, "rss": 5, "graphs": {}, "predictors": {}})
    assert told["plait_worker_up{worker=1}"] == 1
    assert told["plait_connections"] == told["plait_requests_in_flight"] == told["plait_refused_total"] == 0
    assert "plait_revision{state=running,worker=1}" not in told


def test_a_predictor_without_calls_and_counts_of_one_that_a_worker_no_longer_has_are_told_apart() -> None:
    state, counts = predictor({"ok": 3}, 0.1), predictor({"ok": 4}, 0.1)
    del state["statuses"], state["seconds"], counts["replicas"], counts["in_flight"]
    told = values(snapshot(1, predictors={"setosa": state}), snapshot(2, pid=101, predictors={"setosa": counts}))
    assert told["plait_limit{predictor=setosa}"] == 16
    assert told["plait_parts_total{predictor=setosa,status=ok}"] == 4


def test_without_a_file_nothing_is_said_of_it_and_without_a_revision_none_is_desired() -> None:
    told = values(more=known(desired=None, config_valid=None))
    assert not any(name.startswith(("plait_config_valid", "plait_revision")) for name in told)


def requests(totals: Totals, *snapshots: dict[str, Any]) -> float:
    return values(*snapshots, totals=totals).get("plait_requests_total{graph=predict,status=200}", 0)


def counted(number: int, **facts: Any) -> dict[str, Any]:
    return snapshot(**facts, graphs={"predict": graph({"200": number})})


def test_a_worker_that_was_replaced_keeps_its_place_in_the_sum() -> None:
    totals = Totals()
    assert requests(totals, counted(5, pid=1)) == 5
    assert requests(totals, counted(1, pid=2)) == 6
    assert requests(totals, counted(1, pid=3)) == 7
    assert requests(totals, counted(2, pid=4), counted(9, pid=5, worker=2)) == 18


def test_a_worker_with_the_number_of_a_process_before_it_is_another_one() -> None:
    totals = Totals()
    assert requests(totals, counted(5)) == 5
    assert requests(totals, counted(1, started="2026-12-01T03:00:00+00:00")) == 6


def test_a_worker_that_does_not_answer_in_time_counts_as_it_last_did() -> None:
    totals = Totals()
    assert requests(totals, counted(5), counted(7, worker=2, pid=101)) == 12
    assert requests(totals, counted(6)) == 13


def test_a_worker_that_drains_beside_its_successor_is_counted_once() -> None:
    totals = Totals()
    for old, new in ((5, 0), (6, 1), (7, 2)):
        assert requests(totals, counted(old, pid=1), counted(new, pid=2)) == old + new
        assert requests(totals, counted(new, pid=2), counted(old, pid=1)) == old + new


Tells = st.lists(st.tuples(st.integers(1, 3), st.booleans(), st.booleans(), st.integers(0, 9)), max_size=40)


@given(Tells)
def test_counters_never_fall_and_miss_nothing_that_was_told(tells: list[tuple[int, bool, bool, int]]) -> None:
    totals, pids, counts, before = Totals(), dict.fromkeys((1, 2, 3), 0), {}, 0.0
    for worker, replaced, silent, more in tells:
        pids[worker] += replaced
        identity = worker, pids[worker]
        if not silent:
            counts[identity] = counts.get(identity, 0) + more
        told = () if silent else (counted(counts[identity], worker=worker, pid=worker * 1000 + pids[worker]),)
        now = requests(totals, *told)
        assert now == sum(counts.values()) >= before
        before = now


def test_two_threads_that_ask_at_once_lose_nothing() -> None:
    totals, interval = Totals(), sys.getswitchinterval()

    def told(thread: int) -> None:
        for number in range(300):
            totals.take([counted(1, worker=number % 50, pid=thread * 1000 + number)])
            totals.keep({"predict"})

    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(2) as pool:
            for done in [pool.submit(told, thread) for thread in (1, 2)]:
                done.result()
    finally:
        sys.setswitchinterval(interval)
    assert totals.take([])["requests", "predict", "200"] == (600,)


def test_of_names_that_are_no_more_only_so_many_are_remembered() -> None:
    totals = Totals()
    for pid in range(50):
        totals.take([snapshot(pid=pid, graphs={f"old{pid}": graph({"200": 1}), "predict": graph({"200": 1})})])
        totals.keep({"predict"}, most=3)
    counts = totals.take([])
    names = {key[1] for key in counts if len(key) > 1}
    assert names == {"predict", *(f"old{pid}" for pid in range(45, 50))}
    assert counts["requests", "predict", "200"] == (50,)


def test_a_graph_that_comes_back_goes_on_where_it_was() -> None:
    totals = Totals()
    assert requests(totals, counted(5, pid=1)) == 5
    assert values(snapshot(pid=2), more=known(graphs=[]), totals=totals)["plait_refused_total"] == 0
    assert requests(totals, snapshot(pid=3)) == 5


@pytest.mark.slow
def test_a_thousand_predictors_and_two_hundred_graphs_in_four_workers_are_read_back_whole() -> None:
    graphs = [f"g{number}" for number in range(200)]
    predictors = [f"p{number}" for number in range(1000)]
    told = [
        snapshot(
            worker,
            pid=worker,
            graphs={name: graph({"200": 1}, 0.1) for name in graphs},
            predictors={name: predictor({"ok": 1}, 0.1, replicas=[replica("127.0.0.1:8000")]) for name in predictors},
        )
        for worker in range(4)
    ]
    found = values(*told, more=known(graphs=graphs, predictors=predictors))
    assert found["plait_requests_total{graph=g199,status=200}"] == 4
    assert found["plait_parts_total{predictor=p999,status=ok}"] == 4
