"""Write a message to plait's own log."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from plait.spec.sinks import LogSink

_LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}
_log = logging.getLogger("plait")


def write(spec: LogSink, name: str, payload: bytes) -> None:
    """One line: the sink's name, and the message's JSON."""
    _log.log(_LEVELS[spec.log], "%s: %s", name, payload.decode())
