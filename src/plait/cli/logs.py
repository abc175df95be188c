"""The log: to standard error, one line each, for people or for machines."""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime

log = logging.getLogger("plait")


class JsonLines(logging.Formatter):
    """One JSON object a line: time, level, worker and message, and the traceback if there is one.

    Args:
        worker: The number of the worker that writes, if it is one of several.
    """

    def __init__(self, worker: int | None = None) -> None:
        super().__init__()
        self._worker = {} if worker is None else {"worker": worker}

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        facts: dict[str, str | int] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            **self._worker,
            "message": record.getMessage(),
        }
        if record.exc_info:
            facts["error"] = self.formatException(record.exc_info)
        return json.dumps(facts, ensure_ascii=False)


def to_stderr(level: str = "INFO", *, as_json: bool = False, worker: int | None = None) -> None:
    """Write plait's own log there, from a level up, each line with the worker's number if there are several."""
    handler = logging.StreamHandler(sys.stderr)
    who = "" if worker is None else f" worker {worker}:"
    plain = logging.Formatter(f"%(asctime)s %(levelname)s{who} %(message)s", datefmt="%H:%M:%S")
    handler.setFormatter(JsonLines(worker) if as_json else plain)
    log.addHandler(handler)
    log.setLevel(level)
    log.propagate = False
