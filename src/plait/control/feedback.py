"""How often predictors are right, as far as the truth is known; who is right too seldom is excluded."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Awaitable, Callable, Collection, Mapping
from math import isclose
from typing import TYPE_CHECKING, Any, Final, Literal, Protocol, TypeAlias

from plait.errors import PlaitError

if TYPE_CHECKING:
    from plait.graph.spec import Config
    from plait.spec.control import FeedbackSpec
    from plait.spec.predictor import Predictor

AUTHOR: Final = "feedback"
"""Who excludes predictors that are right too seldom."""
NEAR: Final = 1e-9
"""By how much of the larger one two numbers that count as the same may differ."""
_AGAIN = 503

Answers: TypeAlias = Callable[[str], Awaitable[Mapping[str, Any] | None]]
"""From a request's id to what is compared of its answers, by predictor; None if no worker knows of that request."""
State: TypeAlias = Literal["counting", "excluding", "excluded", "kept"]


class Exclude(Protocol):
    """Takes a predictor out.

    Raises:
        PlaitError: If it does not; with status 503 because the store cannot be reached, else because it is needed.
    """

    def __call__(self, name: str, /, *, author: str, reason: str) -> Awaitable[object]: ...


class Window:
    """Whether a predictor's latest answers were right.

    Args:
        spec: What the file says of it.
    """

    def __init__(self, spec: FeedbackSpec) -> None:
        self.spec = spec
        self.right = 0
        self._known: OrderedDict[str, bool] = OrderedDict()

    def __len__(self) -> int:
        return len(self._known)

    def record(self, request_id: str, *, right: bool) -> None:
        """The truth of a request has come; of one that is known already it replaces what was said."""
        self.right += right - self._known.get(request_id, False)
        self._known[request_id] = right
        self.bound()

    def bound(self) -> None:
        """Let go of what is too old to count."""
        while len(self._known) > self.spec.window:
            self.right -= self._known.popitem(last=False)[1]

    @property
    def share(self) -> float | None:
        """The share of right answers; None while none is known."""
        return self.right / len(self._known) if self._known else None

    @property
    def too_low(self) -> bool:
        """Whether it is so seldom right that it is to be excluded."""
        below, share = self.spec.exclude_below, self.share
        return below is not None and share is not None and len(self) >= self.spec.least and share < below


class _Kept:
    """One predictor's window, and what was done about it; `kept` is one that should be excluded, and could not be."""

    def __init__(self, predictor: Predictor, spec: FeedbackSpec) -> None:
        self.model = _model(predictor, spec)
        self.window = Window(spec)
        self.state: State = "counting"
        self.reason = ""

    def facts(self) -> dict[str, Any]:
        """As JSON."""
        window = self.window
        return {
            "share": window.share,
            "right": window.right,
            "answers": len(window),
            "exclude_below": window.spec.exclude_below,
            "state": self.state,
            "reason": self.reason or None,
        }


class Feedback:
    """Compares answers with the truth, and asks that predictors be excluded.

    Args:
        answers: What workers remember of a request.
        exclude: Takes a predictor out.
        told: Hears the name and the facts of each predictor that was excluded, or could not be.
    """

    def __init__(self, answers: Answers, exclude: Exclude, told: Callable[[str, dict[str, Any]], None]) -> None:
        self._answers = answers
        self._exclude = exclude
        self._told = told
        self._kept: dict[str, _Kept] = {}
        self._excluded: frozenset[str] = frozenset()

    def use(self, config: Config, excluded: Collection[str] = ()) -> None:
        """A configuration, or what is excluded, has changed.

        A predictor that is asked elsewhere, is of another version, or was included again begins anew.
        """
        before, self._excluded = self._excluded, frozenset(excluded)
        known, self._kept = self._kept, {}
        for name, predictor in config.predictors.items():
            spec, kept = predictor.feedback, known.get(name)
            if spec is None:
                continue
            included = name in before and name not in self._excluded
            if kept is None or included or kept.model != _model(predictor, spec):
                kept = _Kept(predictor, spec)
            elif kept.window.spec != spec:
                kept.window.spec = spec
                kept.window.bound()
            if kept.state == "kept":
                kept.state = "counting"  # it may be possible now
            self._kept[name] = kept

    async def record(self, request_id: str, truth: Any) -> dict[str, bool] | None:
        """The true answer of a request has become known.

        Args:
            request_id: The request's.
            truth: The JSON value that predictors should have answered, or `{"truths": {…}}` with one for each predictor.

        Returns:
            Of each predictor whose answer could be compared whether it was right; None if nothing is known of that request.
        """
        answers = await self._answers(request_id)
        if answers is None:
            return None
        truths = _truths(truth, answers)
        found = {name: same(answers[name], truths[name]) for name in answers if name in self._kept and name in truths}
        for name, right in found.items():
            self._kept[name].window.record(request_id, right=right)
        for name in found:
            await self._judge(name)
        return found

    def facts(self) -> dict[str, dict[str, Any]]:
        """What is known of each predictor, as JSON."""
        return {name: kept.facts() for name, kept in self._kept.items()}

    async def _judge(self, name: str) -> None:
        kept = self._kept.get(name)
        if kept is None or name in self._excluded:
            return
        if not kept.window.too_low:
            if kept.state == "kept":
                kept.state, kept.reason = "counting", ""
        elif kept.state == "counting":
            await self._take_out(name, kept)

    async def _take_out(self, name: str, kept: _Kept) -> None:
        window = kept.window
        reason = f"{window.right} of its {len(window)} latest answers were right; {window.spec.exclude_below:.0%} must be"
        kept.state, kept.reason = "excluding", reason
        try:
            await self._exclude(name, author=AUTHOR, reason=reason)
        except PlaitError as exc:
            kept.reason = f"{reason}; it could not be excluded: {exc.detail}"
            if exc.status == _AGAIN:
                kept.state = "counting"  # the next truth tries again
                return
            kept.state = "kept"
        else:
            kept.state = "excluded"
        self._told(name, kept.facts())


def same(answer: Any, truth: Any) -> bool:
    """Whether two JSON values are the same, numbers up to what is lost where they are reckoned with."""
    if isinstance(answer, bool) or isinstance(truth, bool):
        return answer is truth
    if isinstance(answer, (int, float)) and isinstance(truth, (int, float)):
        return _equal(answer, truth)
    if isinstance(answer, list) and isinstance(truth, list):
        return len(answer) == len(truth) and all(map(same, answer, truth))
    if isinstance(answer, dict) and isinstance(truth, dict):
        return answer.keys() == truth.keys() and all(same(value, truth[key]) for key, value in answer.items())
    return type(answer) is type(truth) and bool(answer == truth)


def _equal(one: float, other: float) -> bool:
    if isinstance(one, int) and isinstance(other, int):
        return one == other
    try:
        return isclose(one, other, rel_tol=NEAR)
    except OverflowError:  # a whole number that no float can be
        return False


def _truths(truth: Any, answers: Collection[str]) -> Mapping[str, Any]:
    """The truth for each predictor."""
    if isinstance(truth, dict) and truth.keys() == {"truths"} and isinstance(truth["truths"], dict):
        return truth["truths"]
    return dict.fromkeys(answers, truth)


def _model(predictor: Predictor, spec: FeedbackSpec) -> tuple[object, ...]:
    """What makes a predictor's answers those of another model."""
    return predictor.places, predictor.path, predictor.model, predictor.version, spec.answer
