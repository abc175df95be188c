"""Certificates that are read again when their files have been renewed."""

from __future__ import annotations

import logging
import os
import ssl
import time
from collections.abc import Callable, Iterable
from functools import partial

from plait.errors import ConfigError
from plait.http1.certificates import client_context, server_context
from plait.spec.tls import PredictorTls, ServerTls

PAUSE = 2.0
"""Seconds for which the files are not looked at again."""

_log = logging.getLogger("plait")


class Renewed:
    """A context for new connections, made anew once a file has changed; those that stand keep theirs.

    The files are looked at when a connection comes. What cannot be used, such as a file that is half written, is not: the last good
    context stays, one line says why, and the files are tried again.

    Args:
        make: Reads the files.
        files: Their paths.
        now: The present moment in seconds.

    Raises:
        ConfigError: If a file cannot be used from the first.
    """

    def __init__(self, make: Callable[[], ssl.SSLContext], files: Iterable[str], now: Callable[[], float] = time.monotonic) -> None:
        self._make = make
        self._files = tuple(files)
        self._now = now
        self._next = now() + PAUSE
        self._seen = _stamps(self._files)
        self._context = make()
        self._warned = False

    def context(self) -> ssl.SSLContext:
        """The context for a new connection."""
        now = self._now()
        if now >= self._next:
            self._next = now + PAUSE
            self._look()
        return self._context

    def _look(self) -> None:
        stamps = _stamps(self._files)  # before they are read: a change in between is seen the next time
        if stamps == self._seen:
            self._warned = False
            return
        try:
            self._context = self._make()
        except ConfigError as exc:
            if not self._warned:
                self._warned = True
                _log.warning("the renewed certificates are not used, the old ones stay: %s", exc.detail)
            return
        self._seen = stamps
        self._warned = False
        _log.info("the certificates have been renewed: %s", ", ".join(self._files))


def server_certificates(tls: ServerTls) -> Renewed:
    """What connections of clients are shown, and whom they let in.

    Raises:
        ConfigError: If a file cannot be used.
    """
    return Renewed(partial(server_context, tls), tls.files.values())


class Trust:
    """What connections to predictors trust and show: one context for all whose files are the same."""

    def __init__(self) -> None:
        self._known: dict[PredictorTls, Renewed] = {}

    def of(self, tls: PredictorTls) -> Renewed:
        """What one predictor's connections trust and show.

        Raises:
            ConfigError: If a file cannot be used.
        """
        files = tls.model_copy(update={"server_name": None})
        if files not in self._known:
            self._known[files] = Renewed(partial(client_context, files), files.files.values())
        return self._known[files]


def _stamps(files: Iterable[str]) -> list[tuple[int, ...]]:
    """What changes when a file does."""
    return [_stamp(path) for path in files]


def _stamp(path: str) -> tuple[int, ...]:
    try:
        found = os.stat(path)  # noqa: PTH116 - this is all that is wanted of it
    except OSError:
        return ()
    return found.st_mtime_ns, found.st_size, found.st_ino
