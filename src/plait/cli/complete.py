"""What a shell may complete, asked of the plait that runs: quickly, and in silence where nobody answers."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from plait.cli.admin import admin_port
from plait.cli.options import ADMIN
from plait.errors import PlaitError

_PATIENCE = 0.5
_MOST = 50


def predictors(params: Mapping[str, Any], incomplete: str) -> list[str]:
    """The names of predictors that begin so."""
    names = _read(params, "/status").get("predictors")
    return [name for name in names if name.startswith(incomplete)] if isinstance(names, dict) else []


def revisions(params: Mapping[str, Any], incomplete: str) -> list[str]:
    """The numbers of revisions that begin so, the newest first."""
    listed = _read(params, "/revisions", limit=_MOST).get("revisions")
    found = [each for each in listed if isinstance(each, dict)] if isinstance(listed, list) else []
    return [str(each["number"]) for each in found if str(each.get("number", "")).startswith(incomplete)]


def graphs(params: Mapping[str, Any], incomplete: str) -> list[str]:
    """The names of graphs that begin so."""
    names = _read(params, "/status").get("graphs")
    return [name for name in names if name.startswith(incomplete)] if isinstance(names, dict) else []


def jobs(params: Mapping[str, Any], incomplete: str, statuses: Collection[str] = ()) -> list[tuple[str, str]]:
    """The ids of jobs that begin so, the newest first, each with its graph and status; of these statuses only, if there are any."""
    listed = _read(params, "/jobs", limit=_MOST).get("jobs")
    found = [each for each in listed if isinstance(each, dict)] if isinstance(listed, list) else []
    return [
        (str(each["id"]), f"{each.get('graph')}, {each.get('status')}")
        for each in found
        if str(each.get("id", "")).startswith(incomplete) and (not statuses or each.get("status") in statuses)
    ]


def _read(params: Mapping[str, Any], path: str, **query: object) -> dict[str, Any]:
    file, cacert = params.get("token_file"), params.get("cacert")
    try:
        port = admin_port(params.get("admin") or ADMIN, file and Path(file), cacert and Path(cacert))
        return port.get(path, timeout=_PATIENCE, **query).value
    except PlaitError:
        return {}  # a shell that completes has no place for a reason
