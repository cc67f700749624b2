"""Who can meet a demand and its wishes at all: the constraints on offers, and what is free on spans in a window."""

import math
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta

import numpy as np

from kernel.divisions import stem
from scheduling.domain.demand import Demand
from scheduling.domain.engine.wishes import NO_WISHES, Wishes
from scheduling.domain.routing.network import Network
from scheduling.domain.supply.extras import CentreFacts
from scheduling.domain.supply.offers import UNKNOWN, Constraint, Ints, Mask
from scheduling.domain.supply.supply import Supply

HOUR = timedelta(hours=1)
ANYBODY, NOBODY = -1, -2
"""Beside the codes of providers: storage that goes with whosesoever machines, and that of a provider without machines."""


def screen(supply: Supply, demand: Demand, wishes: Wishes = NO_WISHES) -> list[Constraint]:
    """Every constraint on offers that demand and wishes state, in the order of reasons."""
    files = supply.columns.screen(demand)
    if wishes == NO_WISHES:
        return files
    return [
        *files[:-1],
        *_centres(supply, demand, wishes),
        *_rented(supply, demand, wishes),
        *_available(supply, demand, wishes, files[-1]),
    ]


def _centres(supply: Supply, demand: Demand, wishes: Wishes) -> Iterator[Constraint]:
    """What the centre must be: another than where the demand starts, in a division, of a domain, with storage that is free then."""
    if wishes.from_centre is not None:
        columns = supply.columns
        elsewhere = [centre != wishes.from_centre for centre in columns.centres]
        yield Constraint("from_centre", "from_centre", np.array(elsewhere, dtype=np.bool_)[columns.centre])
    if wishes.residency:
        inside = tuple(map(stem, wishes.residency))
        yield _of_centre(supply, "residency", lambda facts: facts.division.startswith(inside))
    if wishes.domain is not None:
        domain = wishes.domain
        yield _of_centre(supply, "domain", lambda facts: domain in facts.domains)
    if wishes.storage is not None:
        values = storable(supply, wishes.storage.storage_class, wishes.window(demand.duration_hours))
        yield Constraint("storage.gib", "storage", values >= wishes.storage.gib, values)


def _rented(supply: Supply, demand: Demand, wishes: Wishes) -> Iterator[Constraint]:
    """What an offer asks of whoever rents it: hours at least and, where a start is named, notice."""
    if wishes.offer_terms:
        yield Constraint("min_hours", "min_hours", long_enough(supply, demand))
        if wishes.starts_at is not None and wishes.asked_at is not None:
            ahead = max(0, (wishes.starts_at - wishes.asked_at) // HOUR)
            yield Constraint("notice", "notice", supply.rented[1] <= ahead)


def long_enough(supply: Supply, demand: Demand) -> Mask:
    """The offers that are rented for so short a time as the demand's."""
    return supply.rented[0] <= math.floor(demand.duration_hours)


def asks_for_more(supply: Supply, demand: Demand, wishes: Wishes) -> bool:
    """Whether any offer is rented for longer than the demand has or, where a start counts or is looked for, with notice."""
    if demand.duration_hours >= 1 and not supply.extras.unit_powers:
        return False
    noticed = wishes.asked_at is not None and bool(supply.rented[1].any())
    return noticed or not bool(long_enough(supply, demand).all())


def _of_centre(supply: Supply, name: str, test: Callable[[CentreFacts], bool]) -> Constraint:
    facts = supply.extras.centre_facts
    passes = [centre in facts and test(facts[centre]) for centre in supply.columns.centres]
    return Constraint(name, name, np.array(passes, dtype=np.bool_)[supply.columns.centre])


def storable(supply: Supply, storage_class: str, window: tuple[int, int] | None) -> Ints:
    """For each offer the GiB of a class that are free at its centre throughout a window, or at every instant.

    UNKNOWN where it has none, or its provider rents none: a reseller's machines stand at another's centre, whose storage
    is not the reseller's to sell.
    """
    columns = supply.columns
    keys = [f"{centre}|{storage_class}" for centre in columns.centres]
    stores = [supply.extras.stores.get(key) for key in keys]
    then = {} if window is None else _stored_within(supply, window)
    left = [
        UNKNOWN if store is None else then.get(key, store.free_gib)
        for key, store in zip(keys, stores, strict=True)
    ]
    free = np.array(left, dtype=np.int64)
    codes = columns.codes["provider"]
    whose = [
        ANYBODY if store is None or store.provider is None else codes.get(store.provider, NOBODY)
        for store in stores
    ]
    owner = np.array(whose, dtype=np.int64)[columns.centre]
    return np.where((owner == ANYBODY) | (owner == columns.texts["provider"]), free[columns.centre], UNKNOWN)


def _stored_within(supply: Supply, window: tuple[int, int]) -> Mapping[str, int]:
    """The GiB that are free throughout a window of each store that something is booked of."""
    stores = supply.booked["store"]
    return dict(zip(stores.keys, stores.within(*window).tolist(), strict=True))


def _available(supply: Supply, demand: Demand, wishes: Wishes, files: Constraint) -> Iterator[Constraint]:
    """In a window, what is booked in it counts, and what is booked at other times does not.

    `available` is what an offer lacks whenever it starts, `window` what is booked just then where a start was asked for.
    """
    window = wishes.window(demand.duration_hours)
    if window is None:
        yield files
        return
    then = available_within(supply, window)
    if wishes.starts_at is None:
        yield Constraint("quantity", "available", then >= demand.quantity, then)
        return
    ever = _with(supply, supply.booked["offer"].ever)
    yield Constraint("quantity", "available", ever >= demand.quantity, ever)
    yield Constraint("starts_at", "window", (then >= demand.quantity) | (ever < demand.quantity), then)


def available_within(supply: Supply, window: tuple[int, int]) -> Ints:
    """For each offer the units that are free throughout a window."""
    return _with(supply, supply.booked["offer"].within(*window))


def _with(supply: Supply, free: Ints) -> Ints:
    """The column of what is available, with what is free of the offers that something is booked ahead of."""
    column, at = supply.columns.numbers["available"].copy(), supply.booked_positions
    column[at[at >= 0]] = free[at >= 0]
    return column


def makes_room(supply: Supply, demand: Demand, wishes: Wishes) -> bool:
    """Whether, within the window, enough is free of an offer that fits then, or of its storage, and too little at some instant, or more of such a span."""
    window = wishes.window(demand.duration_hours)
    if window is None:
        return False
    offers, spans = supply.booked["offer"], supply.booked["span"]
    # data to move may also have a step's full bandwidth
    short = (spans.always < demand.bandwidth_mbps) | (wishes.transfer is not None)
    if (short & (spans.within(*window) > spans.always)).any():
        return True
    helped = (offers.always < demand.quantity) & (offers.within(*window) >= demand.quantity)
    at = supply.booked_positions[helped]
    at = at[at >= 0]
    if wishes.storage is not None and supply.booked["store"].keys:
        kind, gib = wishes.storage.storage_class, wishes.storage.gib
        always, then = (storable(supply, kind, each) for each in (None, window))
        at = np.union1d(at, np.flatnonzero((always < gib) & (then >= gib)))
    if not len(at):
        return False
    fits = np.ones(len(at), dtype=np.bool_)
    for each in screen(supply, demand, wishes):
        fits &= each.passes[at]
    return bool(fits.any())


def networks_within(supply: Supply, window: tuple[int, int] | None) -> Mapping[str, Network]:
    """The networks with what is free on each span throughout a window, or else at any time."""
    if window is None:
        return supply.networks
    spans = supply.booked["span"]
    then = spans.within(*window)
    free: dict[str, dict[str, int]] = {}
    for at in np.flatnonzero((supply.booked_mbps >= 0) & (then != supply.booked_mbps)).tolist():
        span = spans.keys[at]
        free.setdefault(supply.spans[span].line_provider, {})[span] = int(then[at])
    return {**supply.networks} | {
        provider: supply.networks[provider].having(mbps) for provider, mbps in free.items()
    }
