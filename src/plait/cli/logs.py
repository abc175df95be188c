"""Log lines for people: to standard error, one line each."""

from __future__ import annotations

import logging
import sys

log = logging.getLogger("plait")


def to_stderr() -> None:
    """Write plait's own log there, from INFO."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s", datefmt="%H:%M:%S"))
    log.addHandler(handler)
    log.setLevel(logging.INFO)
    log.propagate = False
