"""What `plait status` shows."""

from __future__ import annotations

import io
from typing import Any

import pytest
from rich.console import Console

from plait.cli.overview import attention, overview

QUIET: dict[str, Any] = {
    "version": "0.1.0",
    "desired": 7,
    "file": {"path": "plait.yaml", "valid": True, "problems": []},
    "store": {"up": True, "kind": "sqlite", "error": None},
    "workers": [
        {"worker": 1, "pid": 50, "up": True, "revision": 7, "in_flight": 2, "connections": 3, "rss": 84 << 20, "warnings": []},
        {"worker": 2, "pid": 51, "up": True, "revision": 7, "in_flight": 0, "connections": 1, "rss": 83 << 20, "warnings": []},
    ],
    "graphs": {"predict": {"route": "/predict", "statuses": {"200": 90, "422": 1, "502": 2}}},
    "predictors": {
        "setosa": {
            "enabled": True,
            "excluded": None,
            "version": "2",
            "running_version": "2",
            "in_flight": 1,
            "waiting": 4,
            "replicas": [{"endpoint": "127.0.0.1:8000", "ejected": 0, "unwell": 0}],
            "accuracy": {"share": 0.934, "answers": 400},
        },
        "old": {"enabled": False, "replicas": []},
    },
    "rollout": None,
}


def shown(status: dict[str, Any]) -> list[str]:
    out = io.StringIO()
    Console(file=out, width=200).print(overview(status, "http://127.0.0.1:9001"))
    return [line.rstrip() for line in out.getvalue().splitlines()]


def test_everything_has_its_table() -> None:
    assert shown(QUIET) == [
        "plait     0.1.0 at http://127.0.0.1:9001",
        "revision  7",
        "file      plait.yaml",
        "store     sqlite",
        "",
        "WORKER  PID  REVISION  STATE  IN FLIGHT  CLIENTS  MEMORY",
        "1       50   7         up     2          3        84 MiB",
        "2       51   7         up     0          1        83 MiB",
        "",
        "PREDICTOR  STATE  REPLICAS  IN FLIGHT     VERSION  ACCURACY",
        "setosa     on     1 of 1    1, 4 waiting  2        93.4% of 400",
        "old        off",
        "",
        "GRAPH    ROUTE     REQUESTS  FAILED",
        "predict  /predict  93        2",
    ]


def test_what_is_as_it_should_be_needs_no_attention() -> None:
    assert list(attention(QUIET)) == []


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (
            {
                "file": {
                    "path": "p.yaml",
                    "valid": False,
                    "problems": [{"path": "graphs.a", "line": 3, "message": "m", "hint": "h"}, {}],
                }
            },
            ["p.yaml was changed and is not taken: 2 problems", "  line 3, graphs.a: m (h)", "  the file: None"],
        ),
        (
            {"store": {"up": False, "kind": "sqlite", "error": "disk full"}},
            ["the store cannot be used (disk full): what runs goes on, and changes are refused until it is back"],
        ),
        (
            {"workers": [{"worker": 2, "revision": 6, "error": "no module x", "warnings": ["a is slow"]}]},
            ["worker 2 does not run revision 7: no module x", "worker 2: a is slow"],
        ),
        (
            {"predictors": {"a": {"excluded": {"author": "api", "reason": "bad", "since": "2026-12-01T02:24:50.1+00:00"}}}},
            ["a was excluded 2026-12-01 02:24:50Z by api: bad"],
        ),
        (
            {"predictors": {"a": {"version": "2", "running_version": "1"}}},
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
    lines = shown(
        {
            "desired": 7,
            "rollout": {"revision": 7, "state": "watching"},
            "workers": [{"worker": 1, "up": False, "revision": None}],
            "predictors": {
                "a": {"excluded": {"author": "api"}, "version": "2", "running_version": "1", "replicas": [{"ejected": 1}, {}]},
                "b": {"running_version": "5"},
            },
        }
    )
    assert "rollout   revision 7: watching" in lines
    assert any(line.split() == ["1", "down"] for line in lines)
    assert any(line.split() == ["a", "excluded", "1", "of", "2", "2,", "runs", "1"] for line in lines)
    assert any(line.split() == ["b", "on", "5"] for line in lines)


@pytest.mark.parametrize("status", [{}, {"workers": 5, "graphs": [], "predictors": {"a": 1}, "file": "x", "store": None}])
def test_what_is_missing_is_left_out(status: dict[str, Any]) -> None:
    assert shown(status)[0] == "plait     at http://127.0.0.1:9001"


def test_nothing_that_others_wrote_commands_the_terminal() -> None:
    status = {"workers": [{"worker": "\x1b[2J", "error": "[bold]\x1b]0;x\x07"}], "predictors": {"[red]a": {}}}
    text = "\n".join(shown(status))
    assert "\x1b" not in text
    assert "[bold]\\u001b]0;x\\u0007" in text
    assert "[red]a" in text
