"""From what a file says of a predictor to its upstream."""

from __future__ import annotations

from dataclasses import replace
from random import Random
from typing import TYPE_CHECKING

from plait.http1.dial import ClientTls
from plait.http1.endpoint import Bounds, Endpoint
from plait.spec.tls import PredictorTls
from plait.upstream.balance import Rule, least_loaded, p2c, round_robin
from plait.upstream.budget import Budget
from plait.upstream.defaults import MOST_LIMIT
from plait.upstream.fleet import Fleet
from plait.upstream.limit import Limit
from plait.upstream.names import Resolve, resolve
from plait.upstream.peer import Peer
from plait.upstream.replicas import Replicas
from plait.upstream.upstream import Policies, Upstream
from plait.wire.json import JsonCodec

if TYPE_CHECKING:
    from plait.clock import Clock
    from plait.http1.renewed import Trust
    from plait.spec.address import Address
    from plait.spec.policies import LimitSpec
    from plait.spec.predictor import Predictor, PredictorDefaults


_CHANCE = Random()  # noqa: S311 - chance for even loads, no secret
ASIDE = 16
"""Connections to one address for questions about itself, and as many that wait for one."""


def upstream(
    name: str, predictor: Predictor, defaults: PredictorDefaults, clock: Clock, trust: Trust, resolver: Resolve = resolve
) -> Upstream:
    """The upstream of a predictor.

    Args:
        name: Its name.
        predictor: What the file says of it.
        defaults: What holds where it says nothing.
        clock: The worker's clock.
        trust: What connections trust and show, shared by predictors that trust and show the same.
        resolver: Who is asked for all addresses of a name.
    """
    spec = defaults.of(predictor)
    now, draw = clock.now(), _CHANCE.random
    budget = Budget(now)
    fleet: Fleet[Peer] = Fleet(_rule(spec.balance), draw, budget, spec.timeout, spec.eject or None)
    limit, jobs = _limit(spec.limit, now), _limit(spec.limit, now)
    most = MOST_LIMIT if spec.limit.in_flight == "adaptive" else spec.limit.in_flight
    bounds = Bounds(connections=most, waiting=most, connect_timeout=min(spec.connect_timeout, spec.timeout))

    def reach(address: Address, host: str) -> Peer:
        path = predictor.path or address.path or "/predict"
        codec = JsonCodec.of(path, address.authority, predictor.headers, predictor.forward_headers, predictor.pass_status)
        tls = _secured(predictor, address, trust)
        calls, aside = (
            Endpoint(host, address.port, each, tls) for each in (bounds, replace(bounds, connections=ASIDE, waiting=ASIDE))
        )
        return Peer(address.authority, calls, aside, codec, address._replace(host=host).authority)

    replicas = Replicas(name, fleet, reach, clock)
    replicas.add(predictor.addresses, resolver)
    if spec.health is not None:
        replicas.probe(spec.health, spec.timeout, draw)
    policies = Policies(spec.retry, spec.hedge, predictor.idempotent, limit, jobs, spec.limit.waiting, budget, draw)
    return Upstream(name, spec.timeout, replicas, policies, clock)


def _secured(predictor: Predictor, address: Address, trust: Trust) -> ClientTls | None:
    """How connections to an address are secured, if its URL is https; its certificate is that of the URL's host."""
    tls = predictor.tls or PredictorTls()
    return ClientTls(trust.of(tls), tls.server_name or address.host.rstrip(".")) if address.tls else None


def _rule(name: str) -> Rule[Peer]:
    """The rule of that name; one that takes turns begins anew for each predictor."""
    rules: dict[str, Rule[Peer]] = {"p2c": p2c, "least_loaded": least_loaded, "round_robin": round_robin()}
    return rules[name]


def _limit(spec: LimitSpec, now: float) -> Limit:
    return Limit(now) if spec.in_flight == "adaptive" else Limit(now, spec.in_flight, fixed=True)
