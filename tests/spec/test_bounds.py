"""Ranges, and numbers of things that may be unlimited."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from plait.spec.access_log import AccessLog
from plait.spec.bounds import UNLIMITED
from plait.spec.limits import Limits


def test_unlimited_is_spelled_out_both_ways() -> None:
    limits = Limits.model_validate({"in_flight": "unlimited", "connections_per_client": 7})
    assert (limits.in_flight, limits.connections_per_client) == (UNLIMITED, 7)
    assert limits.model_dump(include={"in_flight", "connections_per_client"}) == {
        "in_flight": "unlimited",
        "connections_per_client": 7,
    }


@pytest.mark.parametrize("value", [0, -1, 1_000_001, UNLIMITED, "none", "5", True, 1.0, None, []])
def test_a_number_of_things_is_one_or_more_or_that_word(value: object) -> None:
    with pytest.raises(ValidationError, match="take 1 to 1000000, or unlimited"):
        Limits.model_validate({"in_flight": value})


@pytest.mark.parametrize(
    ("key", "value", "range_"),
    [
        ("body", "0B", "1B to 1GiB"),
        ("body", "2GiB", "1B to 1GiB"),
        ("line", "255B", "256B to 1MiB"),
        ("headers", "2MiB", "256B to 1MiB"),
        ("body_rate", "0B", "1B to 1GiB"),
        ("header_timeout", "2h", "10ms to 1h"),
        ("body_timeout", "9ms", "10ms to 1h"),
        ("write_timeout", "2h", "10ms to 1h"),
        ("drain_timeout", "2h", "10ms to 1h"),
        ("idle_timeout", "25h", "10ms to 24h"),
        ("wait", "2m", "1ms to 1m"),
    ],
)
def test_what_is_out_of_range_is_refused_with_the_range(key: str, value: str, range_: str) -> None:
    with pytest.raises(ValidationError, match=f"is out of range; take {range_}"):
        Limits.model_validate({key: value})


@pytest.mark.parametrize("place", ["stderr", "stdout", "off", "./access.log", "/var/log/plait.log"])
def test_an_access_log_goes_to_a_stream_or_a_path(place: str) -> None:
    assert AccessLog.model_validate({"to": place}).to == place


@pytest.mark.parametrize("place", ["stdrr", "", "none", "access.log"])
def test_what_may_be_a_slip_is_no_path(place: str) -> None:
    with pytest.raises(ValidationError, match="write stderr, stdout, off, or a path with a slash"):
        AccessLog.model_validate({"to": place})
