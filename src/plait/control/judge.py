"""Whether a revision is worse than the one before it, by what was counted under each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import NormalDist
from typing import Literal, NamedTuple, TypeAlias

from plait.control.quantiles import Times
from plait.control.shares import Share, grew
from plait.control.totals import Counts
from plait.server.tally import BOUNDS
from plait.spec.control import RollbackSpec

State: TypeAlias = Literal["healthy", "worse", "undecided"]

CHANCE = 0.001
"""How often a revision that is as good as the one before it may be taken back all the same."""
LOOKS = 20
"""Independent looks that the many during one watch are worth: each sees nearly what the one before it saw."""
QUANTILE = 0.95
FLOOR = 0.005
"""Seconds by which the 95th percentile must have grown in any case: less is what a busy machine takes."""
_FAILED = 500
_NAMED = 10


@dataclass(frozen=True, slots=True)
class Counted:
    """What was counted of one graph's requests: those that were answered with status 500 or above, and the times of all."""

    failed: float = 0.0
    times: Times = field(default_factory=Times)

    @property
    def requests(self) -> float:
        """How many there were."""
        return self.times.count

    @property
    def failures(self) -> Share:
        """The failed ones of all."""
        return Share(self.failed, self.requests)

    def after(self, earlier: Counted) -> Counted:
        """What has come since an earlier count."""
        pairs = zip(self.times.buckets, earlier.times.buckets, strict=True)
        buckets = tuple(max(0.0, now - then) for now, then in pairs)
        failed = min(max(0.0, self.failed - earlier.failed), buckets[-1])
        return Counted(failed, Times(buckets, max(0.0, self.times.seconds - earlier.times.seconds)))


Graphs: TypeAlias = Mapping[str, Counted]


class Verdict(NamedTuple):
    """What there is to say of a revision, and why."""

    state: State
    reason: str = ""


def counted(counts: Counts) -> dict[str, Counted]:
    """Of each graph what all workers have counted."""
    failed: dict[str, float] = {}
    for key, numbers in counts.items():
        if key[0] == "requests" and int(key[2]) >= _FAILED:
            failed[key[1]] = failed.get(key[1], 0.0) + numbers[0]
    times = {key[1]: Times(numbers[:-1], numbers[-1]) for key, numbers in counts.items() if key[0] == "request_seconds"}
    return {name: Counted(failed.get(name, 0.0), each) for name, each in times.items()}


def between(earlier: Graphs, later: Graphs) -> dict[str, Counted]:
    """What was counted from one moment to another."""
    return {name: now.after(earlier.get(name, Counted())) for name, now in later.items()}


def judge(before: Graphs, since: Graphs, spec: RollbackSpec, *, over: bool) -> Verdict:
    """Compare what was counted under a revision with what was counted before it.

    A graph is worse where its share of failures, or its 95th percentile, has grown by more than the margin, and that is not by
    chance: without a change it is found once in 1 / `CHANCE` watches, however many graphs there are.

    Args:
        before: Under the revision before it.
        since: Under this one.
        spec: By how much it may be worse.
        over: Whether it was watched for as long as it is to be.
    """
    known = [name for name, now in since.items() if _enough(now, spec) and _enough(before.get(name, Counted()), spec)]
    z = NormalDist().inv_cdf(1 - CHANCE / (LOOKS * 2 * len(known))) if known else 0.0
    for name in known:
        for worse in (_fails_more, _takes_longer):
            if reason := worse(before[name], since[name], spec, z):
                return Verdict("worse", f"{name}: {reason}")
    if not over:
        return Verdict("undecided", "it is being watched")
    few = [name for name, now in since.items() if now.requests and name not in known]
    if known and not few:
        return Verdict("healthy")
    return Verdict("undecided", f"there were fewer than {spec.requests} requests, before or since{_of(few)}")


def _of(names: Sequence[str]) -> str:
    return f", of {', '.join(sorted(names)[:_NAMED])}" if names else ""


def _enough(graph: Counted, spec: RollbackSpec) -> bool:
    return graph.requests >= spec.requests


def _fails_more(before: Counted, since: Counted, spec: RollbackSpec, z: float) -> str:
    """Why a graph fails more often, if it does."""
    if not grew(before.failures, since.failures, spec.errors, z):
        return ""
    return (
        f"{since.failures.value:.1%} of {since.requests:.0f} requests failed, before {before.failures.value:.1%} of "
        f"{before.requests:.0f}"
    )


def _takes_longer(before: Counted, since: Counted, spec: RollbackSpec, z: float) -> str:
    """Why a graph takes longer, if it does.

    What a twentieth took longer than before must be what more than a twentieth take longer than now, by the margin; so shares are
    compared, whatever the distribution. And where the slowest twentieth takes longer by the margin, the mean grows by a twentieth
    of that at least: what only passes a bucket's bound, and not by much, is nothing.
    """
    usual = before.times.quantile(QUANTILE)
    limit = max(usual * (1 + spec.slower), usual + FLOOR)
    if limit > BOUNDS[-1]:
        return ""  # nobody has counted so far
    slow, slower = Share((1 - QUANTILE) * before.requests, before.requests), Share(since.times.longer(limit), since.requests)
    grown = since.times.mean - before.times.mean
    if grown < (1 - QUANTILE) * (limit - usual) or not grew(slow, slower, 0.0, z):
        return ""
    return (
        f"its 95th percentile is {_ms(since)} over {since.requests:.0f} requests, before {_ms(before)} over {before.requests:.0f}"
    )


def _ms(graph: Counted) -> str:
    return f"{graph.times.quantile(QUANTILE) * 1000:.0f} ms"
