"""Which version runs at a predictor's addresses, by what their `/metadata` says, beside the one that the file names."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import msgspec

from plait.clock import Clock
from plait.errors import PlaitError, Problem
from plait.graph.document import path_text
from plait.graph.hints import some
from plait.http1.renewed import Trust
from plait.nodes.link import At
from plait.types import Message, Run
from plait.upstream.build import upstream
from plait.upstream.names import Resolve, resolve

if TYPE_CHECKING:
    from plait.graph.spec import Config
    from plait.spec.predictor import Predictor
    from plait.upstream.peer import Peer
    from plait.upstream.upstream import Upstream

AT_ONCE: Final = 32
"""Addresses that are asked at the same time."""
WITHIN: Final = 10.0
"""Seconds that all of it may take: who has not been asked by then is not known."""
EACH: Final = 2.0
"""Seconds that one address has at most, however long an inference there may take: changes wait for it, and exclusions too."""
_NULL = Message(b"null")


class Said(msgspec.Struct, frozen=True):
    """What one address says of the version there; `error` is why it says nothing, where it could not be asked."""

    version: str | None = None
    error: str | None = None


class Found(NamedTuple):
    """The version that a predictor should be of, and what its addresses say.

    Args:
        declared: As the file has it.
        said: By address.
    """

    declared: str
    said: Mapping[str, Said]

    @property
    def others(self) -> dict[str, str]:
        """The addresses where another version runs."""
        return {at: said.version for at, said in self.said.items() if said.version not in (None, self.declared)}

    @property
    def matches(self) -> bool | None:
        """Whether it is that version; None where no address says any."""
        return not self.others if any(said.version is not None for said in self.said.values()) else None

    @property
    def reported(self) -> str | None:
        """What runs there, all of it if that is not the same everywhere; None where no address says any."""
        return ", ".join(sorted({said.version for said in self.said.values() if said.version is not None})) or None

    def facts(self) -> dict[str, Any]:
        """As JSON."""
        addresses = {at: msgspec.to_builtins(each) for at, each in self.said.items()}
        return {"declared": self.declared, "reported": self.reported, "matches": self.matches, "addresses": addresses}


async def versions(
    config: Config, names: Iterable[str] | None = None, resolver: Resolve = resolve, within: float = WITHIN, each: float = EACH
) -> dict[str, Found]:
    """Ask predictors that name a version which one runs there, each within its own timeout.

    Args:
        config: A configuration without problems.
        names: Which of them; by default all that are enabled.
        resolver: Who is asked for all addresses of a name.
        within: Seconds after which no more are asked.
        each: Seconds that one address has at most.
    """
    wanted = [name for name, spec in config.predictors.items() if spec.enabled] if names is None else names
    declared = {name: spec.version for name in wanted if (spec := config.predictors[name]).version is not None}
    clock = Clock(asyncio.get_running_loop())
    questions = _Questions(config, clock, resolver, clock.now() + within, each)
    try:
        async with asyncio.TaskGroup() as group:
            tasks = {name: group.create_task(questions.of(name)) for name in declared}
        return {name: Found(version, tasks[name].result()) for name, version in declared.items()}
    finally:
        clock.close()


class Differences(NamedTuple):
    """What runs and is not what a configuration names: what keeps it from becoming active, and what is only to be told."""

    problems: list[Problem]
    warnings: list[Problem]


async def differences(config: Config, running: Config | None = None, resolver: Resolve = resolve) -> Differences:
    """Ask the predictors of a configuration that may become active.

    Args:
        config: A configuration without problems.
        running: The one that is active; predictors that are in it as they are here are not asked, so that one which has gone since
            keeps nobody from changing others, or from going back.
        resolver: Who is asked for all addresses of a name.
    """
    before = {} if running is None else running.predictors
    new = {name: spec for name, spec in config.predictors.items() if spec.version is not None and spec.enabled}
    names = [name for name, spec in new.items() if not _same(spec, before.get(name))]
    found = await versions(config, names, resolver) if names else {}
    told = Differences([], [])
    for name, each in found.items():
        enforce = new[name].enforce
        if wrong := _wrong(each) if enforce else _other(each):
            message, hint = wrong
            hint = f"{hint}, or leave enforce out" if enforce else hint
            at: At = ("predictors", name, "version")
            (told.problems if enforce else told.warnings).append(Problem(path_text(at), message, hint, place=at))
    return told


def _wrong(found: Found) -> tuple[str, str] | None:
    """Why a predictor is not of the version that it must be, and how to mend it."""
    silent = [at for at, said in found.said.items() if said.version is None and said.error is None]
    if found.others:
        return _other(found)
    if silent:
        return f"is {found.declared}, but the /metadata of {some(silent)} says no version", "have it say its version"
    if found.matches is None:
        reasons = some(f"{at}: {said.error}" for at, said in found.said.items()) or "no address of it is known"
        return f"is {found.declared}, but nobody can be asked whether it is ({reasons})", "start it first"
    return None


def _other(found: Found) -> tuple[str, str] | None:
    """Where another version runs, and how to mend it."""
    runs = some(f"{version} at {at}" for at, version in found.others.items())
    return (f"is {found.declared}, but what runs is {runs}", f"have {found.declared} run there first") if runs else None


def _same(spec: Predictor, before: Predictor | None) -> bool:
    """Whether a predictor is asked where it was, and had to be of the same version then."""
    return before is not None and before.enabled and _matters(spec) == _matters(before)


def _matters(spec: Predictor) -> tuple[object, ...]:
    return spec.version, spec.enforce, spec.places, spec.tls


class _Questions:
    """Asks predictors of one configuration."""

    def __init__(self, config: Config, clock: Clock, resolver: Resolve, until: float, each: float) -> None:
        self._config = config
        self._clock = clock
        self._resolver = resolver
        self._trust = Trust()
        self._room = asyncio.Semaphore(AT_ONCE)
        self._until = until
        self._each = each

    async def of(self, name: str) -> dict[str, Said]:
        """What each address of a predictor says."""
        # It is only asked once, so nobody needs to probe it.
        spec = self._config.predictors[name].model_copy(update={"health": None})
        defaults = self._config.defaults.predictor.model_copy(update={"health": None})
        try:
            asked = upstream(name, spec, defaults, self._clock, self._trust, self._resolver)
        except PlaitError as exc:  # its certificates, which may have gone since they were checked
            return {name: Said(error=exc.detail)}
        try:
            async with asyncio.timeout(min(asked.timeout, self._each)):
                await asked.open()
            async with asyncio.TaskGroup() as group:
                tasks = {peer.shown: group.create_task(self._at(asked, peer)) for peer in _peers(asked)}
            return {at: task.result() for at, task in tasks.items()}
        except TimeoutError:
            return {name: Said(error="its host's name did not resolve in time")}
        finally:
            await asked.close()

    async def _at(self, asked: Upstream, peer: Peer) -> Said:
        async with self._room:
            if self._clock.now() >= self._until:
                return Said(error="there was no time to ask it")
            try:
                async with asyncio.timeout(self._each):
                    answer = await asked.get_from(peer, "/metadata", Run(_NULL, self._clock, b"version"))
            except PlaitError as exc:
                return Said(error=exc.detail)
            except TimeoutError:
                return Said(error=f"it did not answer within {self._each:g} s")
        return Said(version_of(answer.raw))


def _peers(asked: Upstream) -> list[Peer]:
    return [replica.endpoint for replica in asked.fleet.replicas]


class _Metadata(msgspec.Struct):
    version: msgspec.Raw = msgspec.Raw(b"null")


def version_of(metadata: bytes) -> str | None:
    """The version that metadata says: a text, or a number as it is written; None if it says none."""
    try:
        raw = bytes(msgspec.json.decode(metadata, type=_Metadata).version)
        value = msgspec.json.decode(raw)
    except msgspec.DecodeError:
        return None
    if isinstance(value, str):
        return value or None
    return raw.decode() if isinstance(value, (int, float)) and not isinstance(value, bool) else None
