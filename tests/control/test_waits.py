"""What of a change has to wait for a restart."""

from __future__ import annotations

from typing import Any

import pytest

from plait.control.waits import store_waits, waits
from plait.graph.spec import Server
from plait.spec.jobs import JobsSpec

LIVE: list[dict[str, Any]] = [{"details": True}, {"allow_local": True}, {"rollback": {"errors": "1%"}}, {}]
OF_WORKERS: list[dict[str, Any]] = [{"limits": {"body": "1MiB"}}, {"access_log": {"to": "stdout"}}]
OF_THE_START: list[dict[str, Any]] = [{"port": 1}, {"workers": 3}, {"state": "x"}, {"admin_port": "off"}, {"open_metrics": True}]

URL = "postgresql://db.internal/jobs"


def told(change: dict[str, Any], workers: int) -> list[str]:
    return list(waits(Server.model_validate(change), Server(), workers))


@pytest.mark.parametrize("change", LIVE)
def test_some_is_done_at_once(change: dict[str, Any]) -> None:
    assert told(change, 1) == told(change, 2) == []


@pytest.mark.parametrize("change", OF_WORKERS)
def test_some_needs_workers_that_begin_anew_which_only_several_can(change: dict[str, Any]) -> None:
    assert told(change, 2) == []
    assert told(change, 1) == [f"server.{next(iter(change))} takes effect when plait is started again"]


@pytest.mark.parametrize("change", OF_THE_START)
def test_some_is_that_of_the_start(change: dict[str, Any]) -> None:
    assert told(change, 1) == told(change, 2) == [f"server.{next(iter(change))} takes effect when plait is started again"]


def test_the_first_revision_waits_for_nothing() -> None:
    assert list(waits(Server(port=1), None, 1)) == []


@pytest.mark.parametrize(
    ("store", "before", "warned"), [(None, None, False), (URL, URL, False), (URL, None, True), (None, URL, True)]
)
def test_another_store_of_jobs_needs_a_start(store: str | None, before: str | None, warned: bool) -> None:  # noqa: FBT001 - a parameter
    assert bool(store_waits(JobsSpec(store=store), JobsSpec(store=before))) == warned
    assert not store_waits(JobsSpec(store=store), None)
