"""What a file says of repeating calls, made ready."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from plait.spec.policies import BROKEN, CONNECT, TIMEOUT, HedgeSpec, RetrySpec
from plait.spec.predictor import Predictor
from plait.upstream.repeats import Repeats
from plait.upstream.retry import NEVER_SENT, REPEATABLE, Reason


@pytest.mark.parametrize(
    ("on", "hedge", "idempotent", "found"),
    [
        (None, None, None, NEVER_SENT),
        (None, HedgeSpec(), None, NEVER_SENT),
        (None, None, True, REPEATABLE),
        (None, None, False, NEVER_SENT),
        ((TIMEOUT, 500), None, None, {TIMEOUT, 500}),
        ((TIMEOUT,), None, True, {TIMEOUT}),
        ((CONNECT,), None, False, {CONNECT}),
        ((), None, False, set()),
    ],
)
def test_what_a_file_says_decides_for_what_calls_are_repeated(
    on: tuple[Reason, ...] | None,
    hedge: HedgeSpec | None,
    idempotent: bool | None,  # noqa: FBT001 - a column of the table
    found: set[Reason],
) -> None:
    repeats = Repeats.of(RetrySpec.model_validate({"on": on}), hedge, idempotent)
    assert repeats.retry.on == found
    assert repeats.hedged is (hedge is not None)
    assert repeats.shared is (TIMEOUT in found)
    assert repeats.twice is (idempotent is not False)


def test_without_a_word_a_call_that_was_never_sent_is_made_up_to_three_times() -> None:
    repeats = Repeats.of(None, None, None)
    assert (repeats.retry.attempts, repeats.retry.on, repeats.hedged, repeats.shared) == (3, {CONNECT}, False, False)


@pytest.mark.parametrize(("after", "seconds"), [("p95", 0.0), ("50ms", 0.05)])
def test_a_hedge_waits_for_a_time_or_for_the_live_percentile(after: str, seconds: float) -> None:
    assert Repeats.of(None, HedgeSpec.model_validate({"after": after}), None).after == seconds


@pytest.mark.parametrize(
    "options",
    [{"hedge": {}}, {"retry": {"on": [TIMEOUT]}}, {"retry": {"on": [CONNECT, 503]}}, {"retry": {"on": [BROKEN]}}],
)
def test_what_must_not_be_asked_twice_cannot_be(options: dict[str, object]) -> None:
    with pytest.raises(ValidationError, match="must not reach it twice"):
        Predictor.model_validate({"url": "http://a", "idempotent": False, **options})


@pytest.mark.parametrize("retry", [{"attempts": 1, "on": [503]}, {"attempts": 5}, {"on": [CONNECT]}])
def test_what_is_never_sent_may_be_repeated_by_anybody(retry: dict[str, object]) -> None:
    assert Predictor.model_validate({"url": "http://a", "idempotent": False, "retry": retry})
