"""The answers of the brute force as the JSON objects of the files, and relaxations by trying every value."""

import math
from collections.abc import Iterator
from dataclasses import replace
from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction
from typing import Any

from scheduling.domain.demand import Demand
from scheduling.domain.supply import Offer
from tests.scheduling.oracle import FAILURES, REASONS, Json, Oracle, Pick


def answer(oracle: Oracle, demand: Demand) -> Json:
    """The whole answer as the JSON object of the files, without the snapshot."""
    firsts = [
        failed[0][1] for offer in oracle.supply.offers.values() if (failed := oracle.failures(demand, offer))
    ]
    offers = {key: firsts.count(key) for key in FAILURES if key in firsts}
    reasons = dict.fromkeys(REASONS, 0)
    found = oracle.bundles(demand, reasons)
    front = [
        one
        for one in found
        if not any(
            two[0][0] <= one[0][0] and two[0][1] <= one[0][1] and two[0][:2] != one[0][:2] for two in found
        )
    ]
    return {
        "demand": demand.demand,
        "bundles": [written(oracle, demand, *bundle) for bundle in found[: demand.top]],
        "pareto": [written(oracle, demand, *bundle) for bundle in front],
        "rejected": {"offers": offers, "bundles": reasons},
        "relax": [] if found else relax(oracle, demand),
    }


def written(oracle: Oracle, demand: Demand, rank: Any, offer: Offer, pick: Pick) -> Json:
    return {
        "offer": offer.offer,
        "centre": offer.centre,
        "quantity": demand.quantity,
        "line_provider": pick.row.line_provider,
        "technology": pick.row.technology,
        "bandwidth_mbps": pick.row.bandwidth_mbps,
        "billing": pick.billing,
        "spans": list(pick.ways[0].ids),
        "protection_spans": list(pick.ways[1].ids) if demand.protection == "one_plus_one" else None,
        "latency_us": pick.latency,
        "jitter_us": max(way.jitter for way in pick.ways),
        "loss": exact(max(way.loss for way in pick.ways)),
        "km": exact(sum((way.km for way in pick.ways), Fraction(0))),
        "lead_days": pick.row.lead_days,
        "cny": {
            "compute": money(oracle.compute(demand, offer)),
            "line": money(pick.cost),
            "total": money(rank[0]),
        },
    }


def relax(oracle: Oracle, demand: Demand) -> list[Json]:
    found = []
    for name, stated, values in trials(oracle, demand):
        for value in values:
            changed = change(demand, name, value)
            admits = len(oracle.bundles(changed))
            if admits:
                cny = name == "max_total_cny"
                found.append(
                    {
                        "constraint": name,
                        "from": text(stated, cny=cny),
                        "to": text(value, cny=cny),
                        "admits": admits,
                    }
                )
                break
    return found


def trials(oracle: Oracle, demand: Demand) -> Iterator[tuple[str, Any, list[Any]]]:
    """(dotted name, stated value, values to try from the nearest on; None last where values may be unknown)."""
    yield "quantity", demand.quantity, list(range(demand.quantity - 1, 0, -1))
    yield "bandwidth_mbps", demand.bandwidth_mbps, list(range(demand.bandwidth_mbps - 1, 0, -1))
    ways = [
        way
        for provider in {span.line_provider for span in oracle.supply.spans.values()} | {""}
        for site in oracle.supply.sites
        for way in oracle.ways(provider, demand.from_site, site)
    ]
    rows = oracle.supply.tariffs.values()
    terminals = {0} | {row.terminal_us for row in rows}
    lines: dict[str, set[Any]] = {
        "max_latency_us": {way.latency + terminal + 1 for way in ways for terminal in terminals},
        "max_jitter_us": {way.jitter for way in ways},
        "max_loss": {Decimal(exact(way.loss)) for way in ways},
        "max_hops": {len(way.ids) for way in ways},
        "max_lead_days": {row.lead_days for row in rows},
    }
    for name, values in lines.items():
        stated = getattr(demand, name)
        if stated is not None:
            yield name, stated, sorted(value for value in values if value > stated)
    yield from offer_trials(oracle, demand)
    for name in ("technologies", "providers"):
        if getattr(demand.line, name):
            yield f"line.{name}", getattr(demand.line, name), [()]
    if demand.max_total_cny is not None:
        free = replace(demand, max_total_cny=None)
        totals = {Decimal(math.ceil(rank[0] * 10000)).scaleb(-4) for rank, _, _ in oracle.bundles(free)}
        yield "max_total_cny", demand.max_total_cny, sorted(totals)


def offer_trials(oracle: Oracle, demand: Demand) -> Iterator[tuple[str, Any, list[Any]]]:
    for group, holders in (
        ("compute", oracle.supply.offers),
        ("centre", oracle.supply.centres),
        ("providers", {}),
    ):
        bounds = getattr(demand, group)
        for name in bounds.__slots__:
            stated = getattr(bounds, name)
            if stated is None or stated == ():
                continue
            values: list[Any] = [() if isinstance(stated, tuple) else None]
            if name.startswith(("min_", "max_")):
                known = {getattr(row, name[4:]) for row in holders.values()} - {None}
                values = [*sorted(known, reverse=name.startswith("min_")), None]
            yield f"{group}.{name}", stated, values


def change(demand: Demand, name: str, value: Any) -> Demand:
    if "." not in name:
        return replace(demand, **{name: value})
    group, inner = name.split(".")
    return replace(demand, **{group: replace(getattr(demand, group), **{inner: value})})


def exact(value: Fraction) -> str:
    places = 0
    while (value * 10**places).denominator != 1:
        places += 1
    digits = str(int(value * 10**places)).zfill(places + 1)
    return f"{digits[:-places]}.{digits[-places:]}" if places else digits


def money(value: Fraction) -> str:
    units = Decimal(exact(value)).quantize(Decimal("0.0001"), rounding=ROUND_HALF_EVEN)
    return f"{units:f}"


def text(value: Any, *, cny: bool) -> Any:
    if isinstance(value, Decimal):
        return money(Fraction(value)) if cny else exact(Fraction(value))
    if isinstance(value, tuple):
        return list(value) or None
    return value
