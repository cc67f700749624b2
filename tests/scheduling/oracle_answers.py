"""The answers of the brute force as the JSON objects of the files, and relaxations by trying every value."""

import math
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction
from itertools import pairwise
from typing import Any

from scheduling.domain.demand import WANTS, Demand
from scheduling.domain.engine.wishes import NO_WISHES, STORAGE_CLASSES, Transfer, Wishes
from tests.scheduling.oracle import FAILURES, REASONS, Json, Oracle
from tests.scheduling.oracle_worth import Found


def answer(oracle: Oracle, demand: Demand) -> Json:
    """The answer as the JSON object of the files, without the snapshot."""
    firsts = [
        failed[0][1] for offer in oracle.supply.offers.values() if (failed := oracle.failures(demand, offer))
    ]
    offers = {key: firsts.count(key) for key in FAILURES if key in firsts}
    reasons = dict.fromkeys(
        REASONS if oracle.wishes == NO_WISHES else (*REASONS[:-1], "access", "start", "price"), 0
    )
    if oracle.wishes.promises is not None:
        reasons |= dict.fromkeys(("availability", "sla", "isolation", "encryption"), 0)
    found = oracle.bundles(demand, reasons)
    measured = [(each, measures(oracle, demand, each)) for each in found]
    front = [
        each
        for each, mine in measured
        if not any(
            theirs != mine and all(a <= b for a, b in zip(theirs, mine, strict=True))
            for _, theirs in measured
        )
    ]
    extras = oracle.supply.extras
    beyond = extras.terms if oracle.wishes == NO_WISHES else extras.snapshot
    whole = {
        "demand": demand.demand,
        **({"extras": beyond} if beyond else {}),
        "bundles": [written(oracle, demand, bundle) for bundle in found[: demand.top]],
        "pareto": [written(oracle, demand, bundle) for bundle in front],
        "rejected": {"offers": offers, "bundles": reasons},
        "relax": [] if found or "relax" not in demand.want else relax(oracle, demand),
    }
    return {key: part for key, part in whole.items() if key in demand.want or key not in WANTS}


def measures(oracle: Oracle, demand: Demand, found: Found) -> list[Any]:
    """Total, latency and what else is weighed; what is not known is worse than all that is."""
    parts = oracle.score(demand, found.offer, found.pick, found.total)[2]
    others = [
        math.inf if value is None else value for name, (value, _) in parts.items() if name != "latency_ms"
    ]
    return [found.total, found.pick.latency, *others]


def written(oracle: Oracle, demand: Demand, found: Found) -> Json:
    offer, pick = found.offer, found.pick
    of_files: Json = {
        "offer": offer.offer,
        "centre": offer.centre,
        "quantity": demand.quantity,
        "line_provider": pick.row.line_provider,
        "technology": pick.row.technology,
        "bandwidth_mbps": pick.row.bandwidth_mbps,
        "billing": pick.charge.billing,
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
            "total": money(found.total),
        },
    }
    if oracle.key(pick.row) not in oracle.supply.tariffs:
        of_files["min_months"] = pick.row.min_months
    if oracle.wishes == NO_WISHES:
        return of_files
    of_files["cny"]["storage"] = money(oracle.storage(demand, offer))
    more: Json = {"held_mbps": pick.charge.mbps, "line_hours": exact(pick.charge.hours)}
    ends = list(dict.fromkeys(leg.end for leg in pick.legs))
    for name, end in zip(("from_site", "protection_from_site"), ends, strict=False):
        if end.site is not None:
            more[name] = end.site
    if oracle.wishes.promises is not None:
        sold = oracle.sold_with(pick.row.line_provider, pick.row.technology)
        percent = sold["availability_percent"]
        more["service"] = sold | {
            "availability_percent": None if percent is None else exact(Fraction(percent))
        }
    if oracle.wishes.weights is not None:
        unknown, score, parts = oracle.score(demand, offer, pick, found.total)
        more["score"] = {
            "cny": None if unknown else money(score),
            "known_cny": money(score),
            "unknown": unknown,
            "parts": {"total": {"value": None, "cny": money(found.total)}}
            | {
                name: {
                    "value": None if value is None else exact(value),
                    "cny": None if worth is None else money(worth),
                }
                for name, (value, worth) in parts.items()
            },
        }
    return of_files | more


def relax(oracle: Oracle, demand: Demand) -> list[Json]:
    found = []
    for name, stated, values in trials(oracle, demand):
        for value in values:
            changed, wishes = change(demand, oracle.wishes, name, value)
            admits = len(oracle.wishing(wishes).bundles(changed))
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
    if oracle.wishes.transfer is None:
        yield "bandwidth_mbps", demand.bandwidth_mbps, list(range(demand.bandwidth_mbps - 1, 0, -1))
    providers = {row.line_provider for row in oracle.prices()}
    tails = [
        (way, end.latency_us)
        for provider in providers
        for end in oracle.ends(provider)
        for site in oracle.supply.sites
        for way in oracle.ways(provider, oracle.site(demand, end), site)
    ]
    ways = [way for way, _ in tails]
    rows = oracle.prices()
    terminals = {0} | {row.terminal_us for row in rows}
    lines: dict[str, set[Any]] = {
        "max_latency_us": {
            way.latency + terminal + tail + 1 for way, tail in tails for terminal in terminals
        },
        "max_jitter_us": {way.jitter for way in ways},
        "max_loss": {Decimal(exact(way.loss)) for way in ways},
        "max_hops": {len(way.ids) for way in ways},
        "max_lead_days": {day + row.lead_days for row in rows for day in tail_days(oracle)},
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
        yield "max_total_cny", demand.max_total_cny, totals(oracle, demand)
    yield from wished_trials(oracle, demand)


def totals(oracle: Oracle, demand: Demand) -> list[Decimal]:
    """What each offer that fits costs with any line that there is, in as many decimals as a bound has; rising."""
    found = set()
    for offer in oracle.supply.offers.values():
        site = oracle.supply.centres[offer.centre].site
        for product in () if oracle.failures(demand, offer) else oracle.products(demand):
            lines = oracle.unpromised(*product) or oracle.picks(demand, product, site)
            if not isinstance(lines, str):
                hire = oracle.compute(demand, offer)
                found |= {Decimal(math.ceil((hire + line.cost) * 10000)).scaleb(-4) for line in lines}
    return sorted(found)


def tail_days(oracle: Oracle) -> set[int]:
    ends = oracle.wishes.access.ends
    return {0} if ends is None else {end.days for end in ends if end.days is not None}


def _ended(oracle: Oracle, demand: Demand) -> set[datetime]:
    """When less is booked of anything of which too little was free before."""
    found, storage = set(), oracle.wishes.storage
    for row in oracle.supply.extras.booked.values():
        if row.part == "store" and (storage is None or row.key.split("|")[1] != storage.storage_class):
            continue
        more = row.most if oracle.wishes.transfer else demand.bandwidth_mbps
        stored = 0 if storage is None else storage.gib
        needed = {"offer": demand.quantity, "store": stored}.get(row.part, more)
        for (_, before), (at, booked) in pairwise(row.levels):
            if booked < before and row.free - before < needed:
                found.add(datetime.fromtimestamp(at // 10**6, UTC))
    return found


def _later(oracle: Oracle, demand: Demand) -> list[datetime]:
    """The later starts to try, of those that may be booked: every instant at which anything changes, and one between each two.

    Who asked for no start is named one at which too little ends or lines are open (0048), and no other is tried.
    """
    wishes = oracle.wishes
    assert wishes.asked_at is not None
    steps = {step.split(":")[0] for row in oracle.supply.extras.booked.values() for step in row.steps}
    days = {day + row.lead_days for row in oracle.prices() for day in tail_days(oracle)}
    days |= set(wishes.waits.values())
    opened = {wishes.asked_at + timedelta(days=1 + each) for each in (0, *days)}
    if wishes.offer_terms:
        rented = oracle.supply.extras.unit_powers.values()
        opened |= {wishes.asked_at + timedelta(days=1, hours=row.notice_hours) for row in rented}
    latest = wishes.latest_start or datetime.max.replace(tzinfo=UTC)
    if wishes.starts_at is None:
        return [each for each in sorted(opened | _ended(oracle, demand)) if wishes.asked_at < each <= latest]
    at = {datetime.fromtimestamp(int(step) // 10**6, UTC) for step in steps}
    edges = sorted(each for each in at | opened | {wishes.starts_at} if each >= wishes.starts_at)
    between = [one + (two - one) / 2 for one, two in pairwise(edges)]
    return sorted(each for each in {*edges, *between} if wishes.starts_at < each <= latest)


def wished_trials(oracle: Oracle, demand: Demand) -> Iterator[tuple[str, Any, list[Any]]]:
    wishes = oracle.wishes
    if wishes.transfer is not None:
        hours = wishes.transfer.within_hours
        yield (
            "transfer.volume_gb",
            wishes.transfer.volume_gb,
            smaller_volumes(oracle, demand, wishes.transfer),
        )
        longest = min(int(demand.duration_hours), hours * demand.bandwidth_mbps + hours)
        yield "transfer.within_hours", hours, list(range(hours + 1, longest + 1))
    if wishes.asked_at is not None:
        yield "starts_at", wishes.starts_at, _later(oracle, demand)
    if wishes.residency:
        yield "residency", wishes.residency, [()]
    if wishes.domain is not None:
        yield "domain", wishes.domain, [None]
    if wishes.promises is not None:
        least = wishes.promises.min_availability_percent
        if least is not None:
            promised = {row.availability_percent for row in oracle.supply.extras.line_grades.values()} - {
                None
            }
            lower = sorted((each for each in promised if each is not None and each < least), reverse=True)
            yield "line.min_availability_percent", least, [*lower, None]
        for name in ("sla", "isolation", "encryption"):
            if getattr(wishes.promises, name):
                yield f"line.{name}", getattr(wishes.promises, name), [()]
    if wishes.storage is not None:
        yield "storage.gib", wishes.storage.gib, list(range(wishes.storage.gib - 1, 0, -1))
        others = [each for each in STORAGE_CLASSES if each != wishes.storage.storage_class]
        most = {
            each: len(
                oracle.wishing(change(demand, wishes, "storage.storage_class", each)[1]).bundles(demand)
            )
            for each in others
        }
        yield (
            "storage.storage_class",
            wishes.storage.storage_class,
            sorted(others, key=lambda each: -most[each]),
        )


def smaller_volumes(oracle: Oracle, demand: Demand, transfer: Transfer) -> list[Decimal]:
    """Every volume at which a whole Mbps, or a started hour at a step's full speed, becomes enough; falling."""
    steps = {row.bandwidth_mbps for row in oracle.prices()}
    work = {mbps * transfer.within_hours for mbps in range(1, demand.bandwidth_mbps + 1)}
    work |= {step * hours for step in steps for hours in range(1, transfer.within_hours + 1)}
    exact_gb = (Fraction(each * 3600 * 10**6, 8 * 10**9) * Fraction(1448, 1538) for each in work)
    volumes = {Decimal(math.floor(each * 10**6)).scaleb(-6) for each in exact_gb}
    return sorted((each for each in volumes if 0 < each < transfer.volume_gb), reverse=True)


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


def change(demand: Demand, wishes: Wishes, name: str, value: Any) -> tuple[Demand, Wishes]:
    if name.startswith("transfer.") and wishes.transfer is not None:
        transfer = replace(wishes.transfer, **{name.removeprefix("transfer."): value})
        bits = Fraction(transfer.volume_gb) * 10**9 * 8 * Fraction(1538, 1448)
        mbps = math.ceil(bits / (transfer.within_hours * 3600 * 10**6))
        return replace(demand, bandwidth_mbps=mbps), replace(wishes, transfer=transfer)
    if name.startswith("storage.") and wishes.storage is not None:
        return demand, replace(
            wishes, storage=replace(wishes.storage, **{name.removeprefix("storage."): value})
        )
    inner = name.removeprefix("line.")
    if wishes.promises is not None and inner != name and hasattr(wishes.promises, inner):
        return demand, replace(wishes, promises=replace(wishes.promises, **{inner: value}))
    if name == "starts_at" and wishes.asked_at is not None:
        later = wishes.asked_at + timedelta(days=1)  # whoever asks by then has it
        return demand, replace(wishes, starts_at=value, asked_at=later, needed_until=None)
    if name in ("residency", "domain"):
        return demand, replace(wishes, **{name: value})
    return changed(demand, name, value), wishes


def changed(demand: Demand, name: str, value: Any) -> Demand:
    group, _, inner = name.rpartition(".")
    return replace(
        demand, **{group: replace(getattr(demand, group), **{inner: value})} if group else {name: value}
    )


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
    return value.isoformat() if isinstance(value, datetime) else value
