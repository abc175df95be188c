"""What the policies of an upstream do, simulated by seed: the worst of all seeds for each figure that plait promises.

    PYTHONPATH=src:. python bench/upstream_loads.py [--seeds 50] [--only load]

First the limit that learns against one that knows the truth, for predictors of many kinds (`tests/upstream/loads.py`): answers in
time after the first 3 s, as a share of the other's. Then hedges, retries, ejection and recovery. Nothing is started.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable

from plait.upstream.limit import Limit
from tests.upstream.loads import LOADS, Load, run
from tests.upstream.simulation import NO_RETRY, Predictor, Server, World, failing, steady
from tests.upstream.test_policies import Proxy, breaking, hedged, one_of_five, outage, share


def row(load: Load, seeds: int) -> str:
    """One line of the table of limits."""
    shares: list[float] = []
    limits: list[int] = []
    p99 = known_p99 = 0.0
    late = 0
    for seed in range(seeds):
        ours, known = run(load, seed), run(load, seed, known=True)
        shares.append(ours.good / known.good)
        limits.append(ours.limit)
        p99, known_p99 = max(p99, ours.p99), max(known_p99, known.p99)
        late += ours.late
    shares.sort()
    limits.sort()
    return (
        f"| {load!s} | {shares[0]:.3f} | {shares[seeds // 2]:.3f} | {p99 * 1000:.0f} ms | {known_p99 * 1000:.0f} ms "
        f"| {limits[0]}, {limits[seeds // 2]}, {limits[-1]} | {late} |{'' if shares[0] >= load.least else ' below its floor'}"
    )


def amplification(seed: int, chain: int) -> float:
    """Attempts per call where every replica fails."""
    world = World(seed)
    servers = [Server(world, failing(0.01)) for _ in range(5)]
    predictor = Predictor(world, servers)
    for _ in range(chain - 1):
        predictor = Predictor(world, [Proxy(predictor)])  # type: ignore[list-item]
    world.arrive(200, 15, predictor.call)
    world.run()
    return sum(server.asked for server in servers) / predictor.seen.outcomes.total()


def tail(seed: int) -> float:
    return hedged(seed, hedge=True).quantile(0.999) / hedged(seed, hedge=False).quantile(0.999)


def copies(seed: int, slow_from: float) -> float:
    seen = hedged(seed, hedge=True, slow_from=slow_from)
    return seen.attempts["hedge"] / seen.outcomes.total()


def one_fails(seed: int, rate: float, seconds: float) -> tuple[float, int]:
    """Share of calls that failed for clients, and the bad replica's attempts in the first three seconds."""
    predictor, servers = one_of_five(breaking(3.0, seconds, 503), rate, 10.0, seed)
    seen = predictor.seen.outcomes
    return 1.0 - seen["ok"] / seen.total(), sum(3.0 <= moment < 6.0 for moment in servers[0].at)


def eight(seed: int) -> float:
    """The figure of the table: five times what 8 slots of 50 ms can do, all of it counted from the first moment."""
    world = World(seed)
    predictor = Predictor(world, [Server(world, steady(0.05), 8)], limit=Limit(0.0), retry=NO_RETRY)
    world.arrive(800, 20, predictor.call)
    world.run()
    good = sum(kind == "ok" and ended < 20 for ended, _, kind in predictor.seen.ended)
    return -good / 3200


FIGURES: dict[str, Callable[[int], float]] = {
    "goodput at 5 times overload, true limit 8, at least 0.9 (shown negative)": eight,
    "retry amplification, all replicas failing, at most 1.10": lambda seed: amplification(seed, 1),
    "the same through a chain of five": lambda seed: amplification(seed, 5),
    "attempts per call in an outage of 30 s, at most 1.10": lambda seed: outage(seed, limited=True)[1],
    "calls that fail from 2 s after it, at most 0.01": lambda seed: 1.0 - outage(seed, limited=True)[0],
    "hedged p99.9 over unhedged, at most 0.15": tail,
    "copies, at most 0.02": lambda seed: copies(seed, 1e9),
    "copies when all are slow, at most 0.02": lambda seed: copies(seed, 10.0),
    "one of 5 fails after 0.2 ms: client errors, at most 0.001": lambda seed: one_fails(seed, 200, 0.0002)[0],
    "its attempts in 3 s, 2 trials of them, at most 7": lambda seed: one_fails(seed, 200, 0.0002)[1],
    "one of 5 fails after 200 ms: client errors, at most 0.001": lambda seed: one_fails(seed, 200, 0.2)[0],
    "its attempts in 3 s, 2 trials and what was under way of them": lambda seed: one_fails(seed, 200, 0.2)[1],
    "share of one that fails fast, at most 0.05": lambda seed: share(one_of_five(failing(0.0002), 200, 10.0, seed)[1], 0.0),
    "share of one 10 times slower after 5 s, at most 0.03": lambda seed: share(
        one_of_five(breaking(2.0, 0.5, None), 50, 12.0, seed)[1], 7.0
    ),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=50)
    parser.add_argument("--only", choices=["loads", "figures"])
    options = parser.parse_args()
    if options.only != "figures":
        print("| predictor | worst share | median | worst p99 | with the truth | limits: least, median, most | begun too late |")
        print("|---|---|---|---|---|---|---|")
        for load in LOADS:
            print(row(load, options.seeds), flush=True)
    if options.only != "loads":
        print("\n| figure | worst | its seed |\n|---|---|---|")
        for name, figure in FIGURES.items():
            worst, seed = max((figure(seed), seed) for seed in range(options.seeds))
            print(f"| {name} | {worst:.4f} | {seed} |", flush=True)


if __name__ == "__main__":
    main()
