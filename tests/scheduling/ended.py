"""Random small worlds in which line providers have several access points near the buyer, and demands that lines decide."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from random import Random
from typing import Any

from scheduling.domain.demand import CentreBounds, Compute, Demand, Providers
from scheduling.domain.engine.answer import Bundle
from scheduling.domain.engine.files import answer_json
from scheduling.domain.engine.selection import lines_of, select
from scheduling.domain.engine.wishes import Access, End, Weights, Wishes
from scheduling.domain.supply.supply import Supply
from tests.scheduling.oracle import Oracle
from tests.scheduling.oracle_answers import answer
from tests.scheduling.wished import ASKED, small_waits
from tests.scheduling.worlds import LINE_PROVIDERS, small_demand, small_supply


def disagreement(rng: Random, covered: Counter[str]) -> tuple[Any, Any, Any] | None:
    """(demand and wishes, ours, brute force) where the two differ on a world drawn from `rng`, else None."""
    supply = small_supply(rng)
    demand, wishes = _asked(rng, supply)
    oracle = Oracle(supply, wishes)
    answered = select(supply, demand, lines_of(supply, demand, wishes))
    asked = [(demand, answered)]
    if wishes.weights is not None and answered.bundles:
        # A little less money than one of them takes: the line that its speed was worth is too dear for it, not for others.
        total = rng.choice(answered.bundles).total
        poorer = replace(demand, max_total_cny=Decimal(max(0, -(-total // 10**6) - 1)).scaleb(-4))
        asked.append((poorer, select(supply, poorer, lines_of(supply, poorer, wishes))))
        covered["another line within the money"] += _another(*(answer.bundles for _, answer in asked))
    for each, found in asked:
        ours, theirs = answer_json(found), answer(oracle, each)
        if ours.pop("snapshot") != supply.snapshot or json.dumps(ours) != json.dumps(theirs):
            return (each, wishes), ours, theirs
    for bundle in answered.bundles:
        first = next(end for end in wishes.access.ends or () if end.line_provider == bundle.line_provider)
        covered["farther access point"] += bundle.line.ends[0] != first
        covered["paths begin apart"] += bundle.line.start.apart
        covered["empty path beside another"] += bundle.line.start.apart and not bundle.line.route.spans
    return None


def _another(rich: Sequence[Bundle], poor: Sequence[Bundle]) -> bool:
    """Whether any offer has a line of the same product that is not the one it had."""
    lines = {(each.offer, each.line_provider, each.technology): each.line.latency for each in rich}
    found = {(each.offer, each.line_provider, each.technology): each.line.latency for each in poor}
    return any(found[key] != lines.get(key, found[key]) for key in found)


def _asked(rng: Random, supply: Supply) -> tuple[Demand, Wishes]:
    demand = replace(
        small_demand(rng, supply),
        quantity=1,
        bandwidth_mbps=rng.choice((1, 2, 5, 9)),
        max_total_cny=None,
        compute=Compute(),
        centre=CentreBounds(),
        providers=Providers(),
        protection=rng.choice(("none", "one_plus_one", "one_plus_one")),
        want=("rejected", "relax", "pareto") if rng.random() < 0.05 else ("rejected", "pareto"),
    )
    starts = ASKED + timedelta(hours=rng.choice((1, 24, 73, 241))) if rng.random() < 0.2 else None
    weighed = rng.random() < 0.3
    return demand, replace(
        several_ends(rng, supply),
        weights=Weights(cny_per_ms=Decimal(rng.choice(("33.3333", "400")))) if weighed else None,
        starts_at=starts,
        asked_at=None if starts is None else ASKED,
        waits=small_waits(rng, supply),
    )


def several_ends(rng: Random, supply: Supply) -> Wishes:
    """Up to three access points of each line provider near the buyer."""
    sites = list(supply.sites)
    ends = [
        End(
            provider,
            days=rng.choice((0, 1, 3, 10, None)),
            one_off_cny=Decimal(rng.choice(("0", "0", "0.0001", "7", "100"))),
            latency_us=rng.choice((0, 0, 1, 7, 30)),
            site=site,
        )
        for provider in LINE_PROVIDERS
        for site in rng.sample(sites, min(len(sites), rng.choice((1, 2, 2, 3))))
    ]
    return Wishes(access=Access(rng.choice((0, 7)), tuple(ends)))
