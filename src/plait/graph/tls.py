"""Find the certificates and keys that cannot be used."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache, partial
from typing import TYPE_CHECKING

from plait.errors import ConfigError, Problem
from plait.graph.document import path_text
from plait.nodes.link import At

if TYPE_CHECKING:
    from plait.graph.spec import Config


def unusable(config: Config) -> list[Problem]:
    """Every problem of the files that a configuration names for TLS; their paths are those that are read."""
    if config.server.tls is None and not any(spec.tls for spec in config.predictors.values()):
        return []
    return [problem for at, use in _uses(config) for problem in _problems(at, use)]


def _uses(config: Config) -> Iterator[tuple[At, Callable[[], object]]]:
    from plait.http1.certificates import client_context, server_context  # noqa: PLC0415 - most files need none

    trusted = cache(client_context)  # what the system trusts takes 90 ms to read
    if config.server.tls is not None:
        yield ("server", "tls"), partial(server_context, config.server.tls)
    for name, spec in config.predictors.items():
        if spec.tls is not None and spec.tls.files:
            yield ("predictors", name, "tls"), partial(trusted, spec.tls.model_copy(update={"server_name": None}))


def _problems(at: At, use: Callable[[], object]) -> Iterator[Problem]:
    try:
        use()
    except ConfigError as exc:
        for problem in exc.problems:
            place = (*at, *problem.place)
            yield Problem(path_text(place), problem.message, problem.hint, place=place)
