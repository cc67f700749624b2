"""Random small worlds of what the service knows beyond the files, and random wishes on them."""

from collections.abc import Iterator
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any, TypeVar

from scheduling.domain.demand import Demand
from scheduling.domain.engine.promises import Promises
from scheduling.domain.engine.wishes import (
    DOMAINS,
    HOUR_US,
    STORAGE_CLASSES,
    Access,
    End,
    Storage,
    Transfer,
    Weights,
    Wishes,
    instant,
)
from scheduling.domain.supply.extras import (
    Booked,
    CentreFacts,
    Extras,
    LineGrade,
    Store,
    TermTariff,
    UnitPower,
    place_of,
    steps_of,
    written_steps,
)
from scheduling.domain.supply.supply import Supply
from tests.scheduling.worlds import LINE_PROVIDERS

T = TypeVar("T")
ASKED = datetime(2026, 12, 1, 9, 30, tzinfo=UTC)
CLASSES = {"sla": ("standard", "premium"), "isolation": ("soft", "hard"), "encryption": ("macsec", "sm4")}
DIVISIONS = ("320509", "320100", "310115")


def small_extras(rng: Random, supply: Supply) -> Extras:
    """Facts of most centres, stores, powers and grades, and bookings of some offers and spans; some are unknown."""
    facts = [
        CentreFacts(
            centre=name,
            division=rng.choice(DIVISIONS),
            domains=tuple(rng.sample(DOMAINS, rng.randint(0, 2))),
            carbon_kg_kwh=rng.choice((None, Decimal(0), Decimal("0.61"), Decimal("0.000001"))),
            carbon_basis=None,
            availability=rng.choice((None, Decimal(1), Decimal("0.9995"), Decimal("0.99"))),
        )
        for name in supply.centres
        if rng.random() < 0.9
    ]
    stores = [
        Store(name, kind, Decimal(rng.choice(("0", "0.5", "0.3333"))), rng.choice((0, 3, 8, 8)))
        for name in supply.centres
        for kind in STORAGE_CLASSES[:2]
        if rng.random() < 0.8
    ]
    powers = [
        _rented(UnitPower(name, rng.choice((0, 3500, 6500)))) for name in supply.offers if rng.random() < 0.8
    ]
    products = sorted({(row.line_provider, row.technology) for row in supply.tariffs.values()})
    grades = [_grade(rng, *product) for product in products if rng.random() < 0.8]
    booked = [
        _booked(rng, "offer", name, rng.choice((row.available, 6)))
        for name, row in supply.offers.items()
        if rng.random() < 0.5
    ]
    booked += [
        _booked(rng, "span", name, row.capacity_mbps)
        for name, row in supply.spans.items()
        if rng.random() < 0.4
    ]
    luck = Random(repr(stores))  # not drawn from the worlds' own dice, so that these stay what they were
    booked += [
        _booked(luck, "store", f"{row.centre}|{row.storage_class}", 30)
        for row in stores
        if luck.random() < 0.7
    ]
    return Extras(
        centre_facts={row.centre: row for row in facts},
        stores={f"{row.centre}|{row.storage_class}": row for row in stores},
        unit_powers={row.offer: row for row in powers},
        line_grades={f"{row.line_provider}|{row.technology}": row for row in grades},
        booked={f"{row.part}|{row.key}": row for row in booked},
        term_tariffs={place_of(row)[1]: row for row in small_terms(Random(repr(supply.tariffs)), supply)},
    )


def small_terms(rng: Random, supply: Supply) -> Iterator[TermTariff]:
    """Prices for longer terms of some steps: cheaper, as dear to the fen, or dearer, or with other days or terminals."""
    for row in supply.tariffs.values():
        for more in (11, 10, 1) if rng.random() < 0.6 else ():
            if rng.random() < 0.6:
                other = replace(
                    row,
                    min_months=row.min_months + more,
                    one_off_cny=rng.choice((row.one_off_cny, row.one_off_cny, Decimal(2))),
                    monthly_cny=row.monthly_cny * rng.choice((1, 1, Decimal("0.8"), Decimal("0.5"))),
                    monthly_cny_per_km=rng.choice(
                        (row.monthly_cny_per_km, row.monthly_cny_per_km, Decimal("0.1"))
                    ),
                    elastic_cny_hour=None,
                    terminal_us=rng.choice((row.terminal_us, row.terminal_us, 7)),
                    lead_days=rng.choice((row.lead_days, row.lead_days, 0, 10)),
                )
                yield TermTariff(**asdict(other))


def _rented(power: UnitPower) -> UnitPower:
    """The same with what the offer asks of whoever rents it; now and then of machines that do not state their power."""
    luck = Random(repr(power))
    hours, notice = luck.choice((1, 1, 2, 24, 730, 800)), luck.choice((0, 1, 24, 60, 480))
    power_w = None if luck.random() < 0.2 else power.power_w
    return UnitPower(power.offer, power_w, hours, notice)


def _grade(rng: Random, provider: str, technology: str) -> LineGrade:
    """What a product is sold with; each part may be not declared."""
    return LineGrade(
        provider,
        technology,
        rng.choice((None, Decimal("0.999"), Decimal("0.99995"), Decimal(1), Decimal("0.9"))),
        rng.choice((None, Decimal("99.9"), Decimal("99.95"), Decimal("99.995"), Decimal("99.995"))),
        *(rng.choice((None, *codes, *codes)) for codes in CLASSES.values()),
    )


def small_promises(rng: Random) -> Promises | None:
    """What is required of lines, from one aspect to all; more often than not nothing."""
    if rng.random() < 0.5:
        return None
    listed: dict[str, Any] = {
        name: tuple(rng.sample((*codes, "unheard of"), rng.choice((1, 2, 2))))
        for name, codes in CLASSES.items()
        if rng.random() < 0.3
    }
    least = rng.choice((None, None, Decimal(0), Decimal("99.9"), Decimal("99.96"), Decimal(100)))
    return Promises(least, **listed) if listed or least is not None else None


def small_bounds(rng: Random, promises: Promises | None) -> dict[str, int | Decimal]:
    """What the service levels that are required come to: a latency, a loss, both or neither."""
    if promises is None or not promises.sla:
        return {}
    bounds = {"max_latency_us": rng.choice((6, 55, 120)), "max_loss": Decimal(rng.choice(("0", "0.05")))}
    return {name: bounds[name] for name in sorted(rng.sample(list(bounds), rng.choice((0, 1, 2, 2))))}


def _booked(rng: Random, part: str, key: str, most: int) -> Booked:
    bookings = []
    for _ in range(rng.randint(1, 3)):
        start = instant(ASKED) + rng.choice((0, 1, 2, 24, 25, 72, 73, 241, 242)) * HOUR_US
        hours = rng.choice((1, 24, 48, 800))
        bookings.append((start, start + hours * HOUR_US, rng.choice((1, 2, 4))))
    free = rng.choice((most, most, max(0, most - 1)))
    return Booked(part, key, most, free, written_steps(steps_of(bookings)))


def small_access(rng: Random, supply: Supply) -> Access:
    """No tail, one tail to the demand's own site, or line providers each with access points and tails of its own.

    More is asked for more days; some do not build that far, some have no access point at all, some have three.
    """
    near = rng.choice((0, 1, 7, 30))
    if rng.random() < 0.2:
        return Access(near)
    own = rng.random() < 0.8
    ends = []
    for provider in LINE_PROVIDERS:
        sites = list(supply.sites)
        most = min(len(sites), rng.choice((0, 1, 1, 2, 2, 3, 3)))
        for site in rng.sample(sites, most) if own else (None,) * (rng.random() < 0.85):
            days = rng.choice((0, 1, 3, 3, 10, None))
            tail = rng.choice((0, 1, 7, 30)) if own else near
            price = rng.choice((Decimal(days or 0) * 100, Decimal("0.0001"), Decimal(0)))
            ends.append(End(provider, days, price, tail, site))
    return Access(near, tuple(ends))


def small_waits(rng: Random, supply: Supply) -> dict[str, int]:
    """Longer waits for some tariff rows, as if they counted working days."""
    return {
        f"{key}|{row.lead_days + days}": row.lead_days + days + 14
        for key, row in [*supply.tariffs.items(), *supply.extras.term_tariffs.items()]
        if rng.random() < 0.3
        for days in (0, 1, 3, 10)
    }


def small_wishes(rng: Random, demand: Demand, supply: Supply) -> tuple[Demand, Wishes]:
    """Wishes from none to all of them, and the demand with the bandwidth that the data to move need."""
    share, weighed = rng.choice((0.05, 0.15, 0.4)), rng.random() < 0.6

    def maybe(*values: T) -> T | None:
        return rng.choice(values) if rng.random() < share else None

    weights = Weights(
        cny_per_ms=rng.choice((None, Decimal(0), Decimal(100), Decimal("33.3333"), Decimal(400))),
        cny_per_kg_co2=rng.choice((None, Decimal("0.1"), Decimal(1))),
        cny_per_percent_unreliable=rng.choice((None, Decimal(5), Decimal("0.0001"))),
    )
    transfer = maybe(
        *(Transfer(Decimal(rng.choice(("0.1", "1", "2.5", "4"))), rng.choice((1, 2, 3, 5))) for _ in range(2))
    )
    if transfer is not None and transfer.within_hours > demand.duration_hours:
        demand = replace(demand, duration_hours=Decimal(730))
    if transfer is not None:
        demand = replace(demand, bandwidth_mbps=transfer.least_mbps)
    access = small_access(rng, supply) if rng.random() < 0.4 else Access()
    luck = Random(repr(demand))  # not drawn from the worlds' own dice, so that these stay what they were
    asks = luck.random() < 0.25
    until = ASKED + timedelta(hours=luck.choice((1, 24, 49, 100, 300)))
    starts = maybe(*(ASKED + timedelta(hours=hours) for hours in (1, 24, 72, 73, 100, 241)))
    centre = None
    if luck.random() < 0.25:
        centre = luck.choice(sorted(supply.centres))
        demand, access = replace(demand, from_site=supply.centres[centre].site), Access()
    wishes = Wishes(
        from_centre=centre,
        weights=weights if weighed else None,
        transfer=transfer,
        starts_at=starts,
        asked_at=ASKED if starts or asks else None,
        needed_until=until if asks and not starts else None,
        residency=maybe(("320000",), ("3205", "310000"), ("310115",), ("11",)) or (),
        domain=maybe(*DOMAINS),
        storage=maybe(Storage(3, "performance"), Storage(8, "standard"), Storage(9, "performance")),
        promises=small_promises(rng),
        access=access,
        waits=small_waits(rng, supply),
    )
    last = luck.choice((None, ASKED + timedelta(hours=luck.choice((25, 73, 120, 242)))))
    last = None if wishes.asked_at is None else last
    wishes = replace(wishes, offer_terms=luck.random() < 0.4)
    return demand, replace(wishes, sla_bounds=small_bounds(luck, wishes.promises), latest_start=last)
