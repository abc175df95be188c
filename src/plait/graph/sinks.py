"""Find the sinks that cannot work as they stand."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec
from ipaddress import ip_address
from typing import TYPE_CHECKING

from plait.errors import Problem
from plait.graph.document import path_text
from plait.graph.hints import nearest
from plait.http1.addresses import forbidden, networks
from plait.nodes.link import At
from plait.spec.address import parse_hook
from plait.spec.brokers import parse_brokers
from plait.spec.sinks import NatsSink, QueueSink, WebhookSink
from plait.spec.webhooks import key_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from plait.graph.spec import Config


def unfit(config: Config) -> Iterator[Problem]:
    """Every problem of the sinks of a configuration whose parts are valid by themselves."""
    for name, spec in config.sinks.items():
        at: At = ("sinks", name)
        match spec:
            case WebhookSink():
                yield from _webhook(spec, at)
            case NatsSink():
                yield from _nats(spec, at)
            case QueueSink():
                yield from _queue(spec, config, at)


def _webhook(spec: WebhookSink, at: At) -> Iterator[Problem]:
    try:
        address, _ = parse_hook(spec.webhook)
    except ValueError as exc:
        yield _problem((*at, "webhook"), *_split(exc))
    else:
        yield from _literal(address.host, spec.allow, (*at, "webhook"))
    if spec.secret is not None:
        try:
            key_of(spec.secret)
        except ValueError as exc:
            yield _problem((*at, "secret"), *_split(exc))


def _queue(spec: QueueSink, config: Config, at: At) -> Iterator[Problem]:
    if spec.graph not in config.graphs:
        yield _problem((*at, "graph"), f"there is no graph {spec.graph}", nearest(spec.graph, config.graphs))
    if spec.notify:
        yield _problem((*at, "notify"), "is of no use to a queue, which runs a graph and is told of no jobs", "name another sink")


def _nats(spec: NatsSink, at: At) -> Iterator[Problem]:
    if find_spec("nats") is None:
        yield _problem(at, "needs a package that is not installed here", "pip install 'plait[jobs]'")
    try:
        brokers = parse_brokers(spec.nats)
    except ValueError as exc:
        yield _problem((*at, "nats"), *_split(exc))
        return
    for broker in brokers:
        yield from _literal(broker.host, spec.allow, (*at, "nats"))


def _literal(host: str, allow: Iterable[str], at: At) -> Iterator[Problem]:
    """An address that stands in the file can be judged at once; a name is, when it is dialled."""
    try:
        ip_address(host)
    except ValueError:
        return
    if why := forbidden(host, networks(allow)):
        whole = f"{host}/{128 if ':' in host else 32}"
        yield _problem(at, f"leads to an address that may not be dialled ({why})", f'allow it if it should be: allow: ["{whole}"]')


def _split(exc: ValueError) -> tuple[str, str]:
    message, _, hint = str(exc).partition("; ")
    return message, hint


def _problem(at: At, message: str, hint: str) -> Problem:
    return Problem(path_text(at), message, hint, place=at)
