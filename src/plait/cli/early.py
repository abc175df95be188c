"""A control process that is started before this one has imported anything that takes time."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.util import find_spec

from plait.server.launch import Control, started

VARIABLE = "PLAIT_ADMIN_PORT"
NONE = "off"
EXTRA = ("fastapi", "prometheus_client", "sqlalchemy", "uvicorn", "watchfiles")
"""What the extra `control` brings."""


def early(environ: Mapping[str, str], flag: str | None) -> Control | None:
    """A control process that imports while the file is read, unless it is known already that there is to be none.

    Raises:
        StartError: If the system has no room for it.
    """
    return None if (flag or environ.get(VARIABLE)) == NONE or missing() else started()


def missing() -> list[str]:
    """What the admin API needs and is not installed."""
    return [name for name in EXTRA if find_spec(name) is None]
