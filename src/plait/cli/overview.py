"""What `plait status` shows of an answer of the admin port: tables, and what needs attention below them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from plait.cli.tables import cell, moment, table

_MIB = 1 << 20

_NOT_READ = {"missing": "it cannot be read, and what ran before goes on", "waiting": "the store cannot be used"}

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
    if file.get("state") in _NOT_READ:
        yield f"{file.get('path')} is not taken: {_NOT_READ[file['state']]}"
    if problems := _list(file, "problems"):
        yield f"{file.get('path')} is not taken: it has {_count(len(problems), 'problem')}"
        yield from (f"  {_problem(each)}" for each in problems)
    if store.get("ok") is False:
        error = f" ({store['error']})" if store.get("error") else ""
        yield f"the store cannot be used{error}: what runs goes on, and changes are refused until it is back"
    for worker in _list(status, "workers"):
        if worker.get("error"):
            yield f"{_name(worker)} does not run revision {status.get('revision')}: {worker['error']}"
        elif worker.get("running") not in (None, status.get("revision")):
            yield f"{_name(worker)} still runs revision {worker['running']}"
        yield from (f"{_name(worker)}: {warning}" for warning in worker.get("warnings") or ())
    for name, facts in _named(status, "predictors"):
        yield from _attention_of(name, facts)


def _attention_of(name: str, facts: Status) -> Iterator[str]:
    if mark := _of(facts, "excluded"):
        reason = f": {mark['reason']}" if mark.get("reason") else ""
        yield f"{name} was excluded {moment(mark.get('since'))} by {mark.get('author')}{reason}"
    version = _of(facts, "version")
    if version.get("matches") is False:
        yield f"{name} should be version {version.get('declared')}, but says that it is {version.get('reported')}"
    for replica in _list(facts, "replicas"):
        if states := _trouble(replica):
            yield f"{name}: {replica.get('endpoint')} is {' and '.join(states)}"


def _facts(status: Status, url: str) -> Iterator[Sequence[object]]:
    file, store, rollout = _of(status, "file"), _of(status, "store"), _of(status, "rollout")
    yield "plait", f"{status.get('version', '')} at {url}".strip()
    yield "revision", cell(status.get("revision"), "warning" if any(_late(status)) else "good")
    if file:
        yield "file", cell(f"{file.get('path')}, {file.get('state')}", "" if file.get("state") == "active" else "bad")
    if store:
        up = store.get("ok") is not False
        yield "store", cell(f"{store.get('kind', '')}{'' if up else ', cannot be used'}", "" if up else "bad")
    if rollout.get("state") not in (None, "unwatched"):
        left = f", {rollout['seconds_left']:.0f} s left" if rollout.get("seconds_left") else ""
        why = f": {rollout['reason']}" if rollout.get("reason") else ""
        bad = rollout["state"] in ("taken back", "kept")
        yield "rollout", cell(f"revision {rollout.get('revision')} {rollout['state']}{left}{why}", "bad" if bad else "")


def _late(status: Status) -> Iterator[bool]:
    yield from (worker.get("running") != status.get("revision") for worker in _list(status, "workers"))


def _workers(status: Status) -> RenderableType | None:
    workers = _list(status, "workers")
    rows = [
        (
            _name(worker, len({each.get("proxy") for each in workers}) > 1),
            worker.get("pid"),
            cell(worker.get("running"), "good" if worker.get("running") == status.get("revision") else "warning"),
            worker.get("in_flight"),
            worker.get("connections"),
            f"{worker['rss'] / _MIB:.0f} MiB" if worker.get("rss") else "",
        )
        for worker in workers
    ]
    return table(("WORKER", "PID", "REVISION", "IN FLIGHT", "CLIENTS", "MEMORY"), rows) if rows else None


def _predictors(status: Status) -> RenderableType | None:
    rows = [
        (name, _state(facts), _replicas(facts), _load(facts), _latency(facts), _version(facts), _accuracy(facts))
        for name, facts in _named(status, "predictors")
    ]
    return table(("PREDICTOR", "STATE", "REPLICAS", "IN FLIGHT", "P95", "VERSION", "ACCURACY"), rows) if rows else None


def _graphs(status: Status) -> RenderableType | None:
    rows = [
        (
            name,
            facts.get("route"),
            facts.get("requests"),
            cell(facts.get("errors"), "warning" if facts.get("errors") else ""),
            _latency(facts),
        )
        for name, facts in _named(status, "graphs")
    ]
    return table(("GRAPH", "ROUTE", "REQUESTS", "ERRORS", "P95"), rows) if rows else None


def _name(worker: Status, with_proxy: bool = False) -> str:  # noqa: FBT001, FBT002 - how long it is to be
    number = worker.get("worker")
    return f"{number} of {worker.get('proxy')}" if with_proxy else f"worker {number}"


def _state(facts: Status) -> Text:
    if facts.get("excluded"):
        return cell("excluded", "warning")
    return cell("on", "good") if facts.get("enabled", True) else cell("off", "quiet")


def _replicas(facts: Status) -> Text:
    replicas = _list(facts, "replicas")
    well = sum(not _trouble(replica) for replica in replicas)
    return cell(f"{well} of {len(replicas)}" if replicas else "", "" if well == len(replicas) else "warning")


def _trouble(replica: Status) -> list[str]:
    return [word for word in ("ejected", "unwell") if replica.get(word)]


def _load(facts: Status) -> str:
    load = str(facts.get("in_flight", ""))
    return f"{load}, {facts['waiting']} waiting" if facts.get("waiting") else load


def _latency(facts: Status) -> str:
    seconds = facts.get("p95")
    return f"{1000 * seconds:.1f} ms" if isinstance(seconds, int | float) else ""


def _version(facts: Status) -> Text:
    version = _of(facts, "version")
    if version.get("matches") is False:
        return cell(f"{version.get('declared')}, runs {version.get('reported')}", "bad")
    return cell(version.get("declared") or version.get("reported"))


def _accuracy(facts: Status) -> str:
    accuracy = _of(facts, "accuracy")
    share, known = accuracy.get("share"), accuracy.get("answers")
    return f"{share:.1%} of {known}" if isinstance(share, int | float) else ""


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
