"""Coupled models: find the predictors whose needs the others do not meet, and say who must change together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Final

from plait.errors import Problem
from plait.graph.document import path_text
from plait.graph.hints import nearest, some
from plait.nodes.link import At

if TYPE_CHECKING:
    from plait.graph.spec import Config
    from plait.spec.predictor import Predictor

UNKNOWN: Final = ""
"""The version of what stands for a predictor that is wrong by itself: whoever needs it has no second problem."""


def unmet(config: Config) -> Iterator[Problem]:
    """The needs of predictors that are asked, and that a configuration does not meet.

    One that is taken out needs nothing. Whether the needed one is taken out does not matter here: that may be so for a while.
    """
    coupled = _Coupled(config.predictors)
    for name, spec in config.predictors.items():
        for other, version in spec.needs.items() if spec.enabled else ():
            if wrong := _wrong(name, other, version, coupled):
                at: At = ("predictors", name, "needs", other)
                yield Problem(path_text(at), *wrong, place=at)


def resting(config: Config) -> Iterator[Problem]:
    """Needs of predictors that are asked, of others that are taken out."""
    for name, spec in config.predictors.items():
        for other in spec.needs if spec.enabled else ():
            if other in config.predictors and other != name and not config.predictors[other].enabled:
                at: At = ("predictors", name, "needs", other)
                hint = f"enable {other}, or take {name} out too"
                yield Problem(path_text(at), f"needs {other}, which is taken out", hint, place=at)


def _wrong(name: str, other: str, version: str, coupled: _Coupled) -> tuple[str, str] | None:
    """What is wrong with one need, and how to mend it."""
    predictors = coupled.predictors
    if other == name:
        return "needs itself", "leave it out; what runs there is its version"
    if other not in predictors:
        return f"there is no predictor {other}", nearest(other, [known for known in predictors if known != name])
    found = predictors[other].version
    if found in (version, UNKNOWN):
        return None
    states = "which does not say its version" if found is None else f"which is of version {found}"
    return f"needs {other} of version {version}, {states}", coupled.together(name)


class _Coupled:
    """Which predictors must change together: those that need each other, themselves or through others."""

    def __init__(self, predictors: Mapping[str, Predictor]) -> None:
        self.predictors = predictors
        self._advice: dict[str, str] = {}

    def together(self, name: str) -> str:
        """The advice for a set that does not fit."""
        if name not in self._advice:
            names = self._set(name)
            *others, last = names
            advice = (
                f"{some(others)} and {last} change together: put {'both' if len(others) == 1 else 'all'} of them into one apply"
            )
            self._advice |= dict.fromkeys(names, advice)
        return self._advice[name]

    def _set(self, name: str) -> list[str]:
        """Everyone that must change with a predictor, in the order of the file."""
        found, queue = {name}, [name]
        while queue:
            for other in self._beside[queue.pop()] - found:
                found.add(other)
                queue.append(other)
        return [known for known in self.predictors if known in found]

    @cached_property
    def _beside(self) -> dict[str, set[str]]:
        """By name, those that it needs and those that need it."""
        beside: dict[str, set[str]] = {name: set() for name in self.predictors}
        for name, spec in self.predictors.items():
            for other in spec.needs.keys() & beside.keys():
                beside[name].add(other)
                beside[other].add(name)
        return beside
