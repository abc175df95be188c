"""Windows: a rule acts on the last of so many matches in so many seconds, and rests then; what is kept has bounds."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from plait.rules.acting import Match
from plait.rules.counting import Counting, Windows, key_of


class Naive:
    """Every match of every value that it has ever seen."""

    def __init__(self, count: int, within: float) -> None:
        self.count, self.within = count, within
        self.matches: list[tuple[str, float]] = []
        self.acted: list[tuple[str, float]] = []

    def match(self, key: str, now: float) -> bool:
        if any(key == other and now < at + self.within for other, at in self.acted):
            return False
        self.matches.append((key, now))
        since = max((at for other, at in self.acted if other == key), default=float("-inf"))
        recent = [at for other, at in self.matches if other == key and at > now - self.within and at > since]
        if len(recent) < self.count:
            return False
        self.acted.append((key, now))
        return True


@given(st.integers(2, 5), st.integers(1, 6), st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 3)), max_size=80))
def test_windows_decide_as_one_who_remembers_everything(count: int, within: int, matches: list[tuple[str, int]]) -> None:
    windows, naive, now = Windows(count, float(within)), Naive(count, float(within)), 0.0
    for key, later in matches:
        now += later or 0.25
        assert windows.count(key, "", now) == naive.match(key, now)


def test_it_acts_at_the_fifth_match_and_rests_for_that_time() -> None:
    windows = Windows(5, 60.0)
    assert [windows.count("k", "", float(second)) for second in range(10)] == [False] * 4 + [True] + [False] * 5
    assert [windows.count("k", "", 64.0 + second) for second in range(5)] == [False] * 4 + [True]


def test_matches_that_are_too_far_apart_never_add_up() -> None:
    windows = Windows(2, 10.0)
    assert not any(windows.count("k", "", 10.0 * number) for number in range(20))


def test_a_match_that_comes_again_is_counted_once_and_decided_as_before() -> None:
    windows = Windows(2, 60.0)
    assert not windows.count("k", "job1", 0.0)
    assert not windows.count("k", "job1", 1.0)
    assert windows.count("k", "job2", 2.0)
    assert windows.count("k", "job2", 3.0)
    assert not windows.count("k", "job1", 4.0)


def test_of_too_many_values_the_one_that_was_seen_longest_ago_is_forgotten() -> None:
    windows = Windows(2, 60.0, keys=2)
    for key in "aba":
        windows.count(key, "", 0.0)
    assert not windows.count("c", "", 1.0)  # b goes
    assert not windows.count("b", "", 2.0)  # a goes
    assert windows.count("c", "", 3.0)


def test_of_too_many_matches_those_of_the_value_that_was_seen_longest_ago_are_forgotten() -> None:
    windows = Windows(3, 60.0, moments=4)
    for key in "aabb":
        assert not windows.count(key, "", 0.0)
    assert not windows.count("c", "", 1.0)
    assert not windows.count("a", "", 2.0)  # it begins anew
    assert windows.count("b", "", 3.0)


@given(st.integers(2, 4), st.lists(st.tuples(st.integers(0, 30), st.integers(0, 3)), max_size=200))
def test_what_is_kept_has_bounds(count: int, matches: list[tuple[int, int]]) -> None:
    windows, now = Windows(count, 5.0, keys=4, moments=6), 0.0
    for key, later in matches:
        now += later
        windows.count(str(key), "", now)
        kept = [len(value.moments) for value in windows._values.values()]
        assert (len(kept) <= 4, sum(kept) <= 6, windows._kept) == (True, True, sum(kept))


def test_long_values_are_told_apart_without_being_kept() -> None:
    long = "x" * 100_000
    assert key_of("short") == "short"
    assert len(key_of(long)) < 100
    assert key_of(long + "a") != key_of(long + "b")


def test_each_rule_is_counted_by_itself() -> None:
    now = [0.0]
    counting = Counting(lambda: now[0])
    assert not counting(Match("g/a/2/60", "k", "", 2, 60.0))
    assert not counting(Match("g/b/2/60", "k", "", 2, 60.0))
    now[0] = 59.0
    assert counting(Match("g/a/2/60", "k", "", 2, 60.0))
    now[0] = 61.0
    assert not counting(Match("g/b/2/60", "k", "", 2, 60.0))
