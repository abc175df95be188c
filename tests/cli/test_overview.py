"""What `plait status` shows."""

from __future__ import annotations

import io
from typing import Any

import pytest
from rich.console import Console

from plait.cli.overview import attention, overview

QUIET: dict[str, Any] = {
    "version": "0.1.0",
    "revision": 7,
    "file": {"path": "plait.yaml", "state": "active", "problems": [], "since": "2026-12-01T02:24:50+00:00"},
    "store": {"ok": True, "kind": "sqlite", "error": None},
    "workers": [
        {"proxy": "p", "worker": 1, "pid": 50, "running": 7, "in_flight": 2, "connections": 3, "rss": 84 << 20, "warnings": []},
        {"proxy": "p", "worker": 2, "pid": 51, "running": 7, "in_flight": 0, "connections": 1, "rss": 83 << 20, "warnings": []},
    ],
    "graphs": {"predict": {"route": "/predict", "requests": 93, "errors": 2, "p95": 0.0234, "statuses": {"200": 91, "502": 2}}},
    "predictors": {
        "setosa": {
            "enabled": True,
            "excluded": None,
            "version": {"declared": "2", "reported": "2", "matches": True},
            "in_flight": 1,
            "waiting": 4,
            "p95": 0.0101,
            "replicas": [{"endpoint": "127.0.0.1:8000", "ejected": 0, "unwell": 0}],
            "accuracy": {"share": 0.934, "answers": 400},
        },
        "old": {"enabled": False, "p95": None, "version": {"declared": None, "reported": None, "matches": None}, "replicas": []},
    },
    "rollout": {"revision": 7, "previous": 6, "state": "unwatched", "reason": "the file has no rollback"},
}


def shown(status: dict[str, Any]) -> list[str]:
    out = io.StringIO()
    Console(file=out, width=200).print(overview(status, "http://127.0.0.1:9001"))
    return [line.rstrip() for line in out.getvalue().splitlines()]


def test_everything_has_its_table() -> None:
    assert shown(QUIET) == [
        "plait     0.1.0 at http://127.0.0.1:9001",
        "revision  7",
        "file      plait.yaml, active",
        "store     sqlite",
        "",
        "WORKER    PID  REVISION  IN FLIGHT  CLIENTS  MEMORY",
        "worker 1  50   7         2          3        84 MiB",
        "worker 2  51   7         0          1        83 MiB",
        "",
        "PREDICTOR  STATE  REPLICAS  IN FLIGHT     P95      VERSION  ACCURACY",
        "setosa     on     1 of 1    1, 4 waiting  10.1 ms  2        93.4% of 400",
        "old        off",
        "",
        "GRAPH    ROUTE     REQUESTS  ERRORS  P95",
        "predict  /predict  93        2       23.4 ms",
    ]


def test_what_is_as_it_should_be_needs_no_attention() -> None:
    assert list(attention(QUIET)) == []


BROKEN = [{"path": "graphs.a", "line": 3, "message": "m", "hint": "h"}, {}]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (
            {"file": {"path": "p.yaml", "state": "invalid", "problems": BROKEN}},
            ["p.yaml is not taken: it has 2 problems", "  line 3, graphs.a: m (h)", "  the file: None"],
        ),
        (
            {"file": {"path": "p.yaml", "state": "missing", "problems": []}},
            ["p.yaml is not taken: it cannot be read, and what ran before goes on"],
        ),
        (
            {"store": {"ok": False, "kind": "sqlite", "error": "disk full"}},
            ["the store cannot be used (disk full): what runs goes on, and changes are refused until it is back"],
        ),
        (
            {"workers": [{"worker": 2, "running": 6, "error": "no module x", "warnings": ["a is slow"]}]},
            ["worker 2 does not run revision 7: no module x", "worker 2: a is slow"],
        ),
        ({"workers": [{"worker": 2, "running": 6, "error": None, "warnings": []}]}, ["worker 2 still runs revision 6"]),
        (
            {"predictors": {"a": {"excluded": {"author": "api", "reason": "bad", "since": "2026-12-01T02:24:50.1+00:00"}}}},
            ["a was excluded 2026-12-01 02:24:50Z by api: bad"],
        ),
        (
            {"predictors": {"a": {"version": {"declared": "2", "reported": "1", "matches": False}}}},
            ["a should be version 2, but says that it is 1"],
        ),
        (
            {"predictors": {"a": {"replicas": [{"endpoint": "h:1", "ejected": 2, "unwell": 1}, {"endpoint": "h:2"}]}}},
            ["a: h:1 is ejected and unwell"],
        ),
    ],
)
def test_what_is_not_as_it_should_be_is_told(change: dict[str, Any], told: list[str]) -> None:
    assert list(attention({**QUIET, **change})) == told
    assert [line for line in shown({**QUIET, **change}) if line in told] == told


def test_states_stand_in_the_tables() -> None:
    excluded = {"excluded": {"author": "api"}, "replicas": [{"ejected": 1}, {}]}
    lines = shown(
        {
            "revision": 7,
            "rollout": {"revision": 7, "state": "watching", "seconds_left": 34.2},
            "workers": [{"proxy": "here", "worker": 1}, {"proxy": "there", "worker": 1, "running": 7}],
            "predictors": {
                "a": {**excluded, "version": {"declared": "2", "reported": "1", "matches": False}},
                "b": {"version": {"declared": None, "reported": "5"}},
            },
        }
    )
    assert "rollout   revision 7 watching, 34 s left" in lines
    assert "1 of there       7" in lines
    assert any(line.split() == ["a", "excluded", "1", "of", "2", "2,", "runs", "1"] for line in lines)
    assert any(line.split() == ["b", "on", "5"] for line in lines)


def test_a_revision_that_was_taken_back_says_why() -> None:
    rollout = {"revision": 8, "state": "taken back", "reason": "12% of the requests of predict failed"}
    assert "rollout   revision 8 taken back: 12% of the requests of predict failed" in shown({"rollout": rollout})


@pytest.mark.parametrize("status", [{}, {"workers": 5, "graphs": [], "predictors": {"a": 1}, "file": "x", "store": None}])
def test_what_is_missing_is_left_out(status: dict[str, Any]) -> None:
    assert shown(status)[0] == "plait     at http://127.0.0.1:9001"


def test_nothing_that_others_wrote_commands_the_terminal() -> None:
    status = {"workers": [{"worker": "\x1b[2J", "error": "[bold]\x1b]0;x\x07"}], "predictors": {"[red]a": {}}}
    text = "\n".join(shown(status))
    assert "\x1b" not in text
    assert "[bold]\\u001b]0;x\\u0007" in text
    assert "[red]a" in text
