"""What `plait status` shows of an answer of the admin port: tables, and what needs attention below them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from plait.cli.tables import cell, moment, table

_MIB = 1 << 20
_FAILED = "5"

Status = Mapping[str, Any]


def overview(status: Status, url: str) -> Group:
    """All of it, as rich prints it."""
    parts: list[RenderableType] = [table(("", ""), _facts(status, url))]
    parts[0].show_header = False  # type: ignore[union-attr] # a table
    for made in (_workers(status), _predictors(status), _graphs(status)):
        if made is not None:
            parts += [Text(), made]
    if told := list(attention(status)):
        parts += [Text(), *(cell(line, "warning") for line in told)]
    return Group(*parts)


def attention(status: Status) -> Iterator[str]:
    """A line for everything that is not as it should be."""
    file, store = _of(status, "file"), _of(status, "store")
    if file.get("valid") is False:
        yield f"{file.get('path')} was changed and is not taken: {_count(len(_list(file, 'problems')), 'problem')}"
        yield from (f"  {_problem(each)}" for each in _list(file, "problems"))
    if store.get("up") is False:
        error = f" ({store['error']})" if store.get("error") else ""
        yield f"the store cannot be used{error}: what runs goes on, and changes are refused until it is back"
    for worker in _list(status, "workers"):
        if worker.get("error"):
            yield f"worker {worker.get('worker')} does not run revision {status.get('desired')}: {worker['error']}"
        yield from (f"worker {worker.get('worker')}: {warning}" for warning in worker.get("warnings") or ())
    for name, facts in _named(status, "predictors"):
        yield from _attention_of(name, facts)


def _attention_of(name: str, facts: Status) -> Iterator[str]:
    if mark := _of(facts, "excluded"):
        reason = f": {mark['reason']}" if mark.get("reason") else ""
        yield f"{name} was excluded {moment(mark.get('since'))} by {mark.get('author')}{reason}"
    if _differs(facts):
        yield f"{name} should be version {facts['version']}, but says that it is {facts['running_version']}"
    for replica in _list(facts, "replicas"):
        if states := _trouble(replica):
            yield f"{name}: {replica.get('endpoint')} is {' and '.join(states)}"


def _facts(status: Status, url: str) -> Iterator[Sequence[object]]:
    file, store, rollout = _of(status, "file"), _of(status, "store"), _of(status, "rollout")
    yield "plait", f"{status.get('version', '')} at {url}".strip()
    yield "revision", cell(status.get("desired"), "good" if not any(_late(status)) else "warning")
    if file:
        good = file.get("valid") is not False
        yield "file", cell(f"{file.get('path')}{'' if good else ', not taken'}", "" if good else "bad")
    if store:
        up = store.get("up") is not False
        yield "store", cell(f"{store.get('kind', '')}{'' if up else ', cannot be used'}", "" if up else "bad")
    if rollout:
        said = rollout.get("message") or f"revision {rollout.get('revision')}: {rollout.get('state')}"
        yield "rollout", cell(said, "bad" if rollout.get("state") == "rolled_back" else "")


def _late(status: Status) -> Iterator[bool]:
    yield from (worker.get("revision") != status.get("desired") for worker in _list(status, "workers"))


def _workers(status: Status) -> RenderableType | None:
    desired = status.get("desired")
    rows = [
        (
            worker.get("worker"),
            worker.get("pid"),
            cell(worker.get("revision"), "good" if worker.get("revision") == desired else "warning"),
            cell("up") if worker.get("up", True) else cell("down", "bad"),
            worker.get("in_flight"),
            worker.get("connections"),
            f"{worker['rss'] / _MIB:.0f} MiB" if worker.get("rss") else "",
        )
        for worker in _list(status, "workers")
    ]
    return table(("WORKER", "PID", "REVISION", "STATE", "IN FLIGHT", "CLIENTS", "MEMORY"), rows) if rows else None


def _predictors(status: Status) -> RenderableType | None:
    rows = [
        (name, _state(facts), _replicas(facts), _load(facts), _version(facts), _accuracy(facts))
        for name, facts in _named(status, "predictors")
    ]
    return table(("PREDICTOR", "STATE", "REPLICAS", "IN FLIGHT", "VERSION", "ACCURACY"), rows) if rows else None


def _graphs(status: Status) -> RenderableType | None:
    rows = []
    for name, facts in _named(status, "graphs"):
        statuses = _of(facts, "statuses")
        failed = sum(count for code, count in statuses.items() if str(code).startswith(_FAILED))
        rows.append((name, facts.get("route"), sum(statuses.values()), cell(failed, "warning" if failed else "")))
    return table(("GRAPH", "ROUTE", "REQUESTS", "FAILED"), rows) if rows else None


def _state(facts: Status) -> Text:
    if facts.get("excluded"):
        return cell("excluded", "warning")
    return cell("on", "good") if facts.get("enabled", True) else cell("off", "quiet")


def _replicas(facts: Status) -> Text:
    replicas = _list(facts, "replicas")
    well = sum(not _trouble(replica) for replica in replicas)
    return cell(f"{well} of {len(replicas)}" if replicas else "", "" if well == len(replicas) else "warning")


def _trouble(replica: Status) -> list[str]:
    return [word for word in ("ejected", "unwell", "draining") if replica.get(word)]


def _load(facts: Status) -> str:
    load = str(facts.get("in_flight", ""))
    return f"{load}, {facts['waiting']} waiting" if facts.get("waiting") else load


def _version(facts: Status) -> Text:
    if _differs(facts):
        return cell(f"{facts['version']}, runs {facts['running_version']}", "bad")
    return cell(facts.get("version") or facts.get("running_version") or "")


def _differs(facts: Status) -> bool:
    declared, runs = facts.get("version"), facts.get("running_version")
    return bool(declared and runs and declared != runs)


def _accuracy(facts: Status) -> str:
    accuracy = _of(facts, "accuracy")
    return f"{accuracy['share']:.1%} of {accuracy.get('answers', '?')}" if accuracy.get("share") is not None else ""


def _problem(problem: Status) -> str:
    line = f"line {problem['line']}, " if problem.get("line") else ""
    hint = f" ({problem['hint']})" if problem.get("hint") else ""
    return f"{line}{problem.get('path') or 'the file'}: {problem.get('message')}{hint}"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _of(value: Status, key: str) -> Status:
    found = value.get(key)
    return found if isinstance(found, dict) else {}


def _list(value: Status, key: str) -> list[Status]:
    found = value.get(key)
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []


def _named(value: Status, key: str) -> list[tuple[str, Status]]:
    return [(name, facts) for name, facts in _of(value, key).items() if isinstance(facts, dict)]
