"""What `plait jobs` shows of answers of the admin port."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from plait.cli.pretty import pretty
from plait.cli.printable import printable
from plait.cli.tables import Level, cell, moment, short, table

_LEVELS: dict[str, Level] = {"succeeded": "good", "ok": "good", "failed": "bad", "running": "", "queued": "", "cancelled": "quiet"}

Job = Mapping[str, Any]


def listed(value: Mapping[str, Any]) -> RenderableType:
    """Jobs, each on a line."""
    jobs = [each for each in value.get("jobs") or () if isinstance(each, dict)]
    rows = [
        (
            each.get("id"),
            each.get("graph"),
            _status(each.get("status"), "bad"),
            each.get("queue"),
            moment(each.get("created")),
            moment(each.get("finished")),
        )
        for each in jobs
    ]
    return table(("JOB", "GRAPH", "STATUS", "QUEUE", "CREATED", "FINISHED"), rows) if jobs else Text("there are no such jobs")


def whole(job: Job) -> Group:
    """One job: what it is, its parts, its answer."""
    facts = table(("", ""), _facts(job))
    facts.show_header = False
    shown: list[RenderableType] = [facts]
    parts = job.get("parts")
    if isinstance(parts, dict) and parts:
        shown += [Text(), table(("PART", "STATUS", "MS", "ATTEMPTS", "ENDPOINT", "SAID"), _parts(parts))]
    if job.get("result") is not None:
        shown += [Text(), Text(printable(pretty(job["result"])))]
    return Group(*shown)


def _facts(job: Job) -> Iterator[tuple[object, object]]:
    yield "job", job.get("id")
    yield "graph", job.get("graph")
    missing = ", with something missing" if job.get("complete") is False else ""
    yield "status", _status(job.get("status"), "bad", missing)
    for name in ("queue", "client"):
        if job.get(name):
            yield name, job[name]
    for name in ("created", "begun", "finished"):
        if job.get(name):
            yield name, moment(job[name])
    yield "revision", job.get("revision")
    yield "request id", job.get("request_id")
    error = job.get("error")
    if isinstance(error, dict):
        title = f"{error.get('title') or 'failed'} ({error.get('status')})"
        yield "error", cell(": ".join(str(each) for each in (title, error.get("detail")) if each), "bad")


def _parts(parts: Mapping[str, Any]) -> Iterator[tuple[object, ...]]:
    for key, part in parts.items():
        said = short(part["output"]) if "output" in part else part.get("error")
        status = _status(part.get("status"), "warning")
        yield key, status, part.get("ms"), part.get("attempts"), part.get("endpoint"), said


def _status(status: object, otherwise: Level, more: str = "") -> Text:
    return cell(f"{status}{more}", _LEVELS.get(str(status), otherwise))
