"""Whether and when a call is sent again."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from plait.spec.policies import BROKEN, CONNECT, TIMEOUT
from plait.upstream.defaults import BACKOFF, LONGEST_BACKOFF
from plait.upstream.retry import REPEATABLE, Reason, Retry, retry_after


@pytest.mark.parametrize(
    ("reason", "made", "final", "allowed"),
    [
        (CONNECT, 1, False, True),
        (BROKEN, 2, False, True),
        (BROKEN, 3, False, False),
        (503, 1, True, False),
        (TIMEOUT, 1, False, False),
        (500, 1, False, False),
        (400, 1, False, False),
    ],
)
def test_attempts_reason_and_the_mark_of_another_plait_decide(reason: Reason, made: int, final: bool, allowed: bool) -> None:  # noqa: FBT001 - columns
    assert Retry(on=REPEATABLE).allows(reason, made, final=final) is allowed


@pytest.mark.parametrize(("made", "bound"), [(1, BACKOFF), (2, 2 * BACKOFF), (3, 4 * BACKOFF), (50, LONGEST_BACKOFF)])
def test_the_wait_is_anything_up_to_a_bound_that_doubles(made: int, bound: float) -> None:
    assert Retry().wait(made, 9.0, lambda: 0.0) == 0.0
    assert Retry().wait(made, 9.0, lambda: 0.5) == bound / 2


def test_nothing_is_sent_again_when_the_deadline_would_have_passed() -> None:
    assert Retry().wait(1, 0.004, lambda: 0.5) is None
    assert Retry().wait(1, 1.0, lambda: 0.0, after=1.0) is None
    assert Retry().wait(1, 1.5, lambda: 0.5, after=1.0) == 1.0 + BACKOFF / 2


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("0", 0.0),
        ("3", 3.0),
        ("9" * 400, 9999999999.0),
        ("Mon, 23 Nov 2026 12:00:30 GMT", 30.0),
        ("Mon, 23 Nov 2026 11:00:00 GMT", 0.0),
        ("Mon, 23 Nov 2026 12:00:30 -0000", 30.0),
        ("-1", 0.0),
        ("1.5", 0.0),
        ("\u0663", 0.0),
        ("soon", 0.0),
        ("Mon, 99 Nov 2026 12:00:30 GMT", 0.0),
        ("", 0.0),
    ],
)
def test_retry_after_is_seconds_or_a_date_or_nothing(text: str, seconds: float) -> None:
    assert retry_after(text, datetime(2026, 11, 23, 12, 0, 0, tzinfo=UTC)) == seconds
