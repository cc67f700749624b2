"""The state of all pools for the reports upwards: a pool that fell silent is missing, never zero."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from aggregation.domain.inventory import Freshness
from aggregation.domain.pools import PoolKind
from aggregation.models import Offer, Pool
from aggregation.selectors.gate import sellable_offers
from aggregation.selectors.inventory import freshness_of, inventory_of


def pools_by_kind(at: datetime) -> list[dict[str, Any]]:
    """Machines and cards of each kind as the fresh pools last read them; a kind of silent pools is absent.

    In use is what is neither idle nor faulty: orders of this node and the providers' other customers.
    """
    sums: dict[str, dict[str, int]] = {}
    for pool, freshness in _pools(at):
        row = inventory_of(pool)
        if freshness is not Freshness.FRESH or row is None:
            continue
        total = sums.setdefault(pool.kind, {})
        in_use = row.total - row.idle - row.faulty
        for name, value in (
            ("pools", 1),
            ("machines_installed", row.total),
            ("machines_in_use", in_use),
            ("machines_free", row.idle),
            ("machines_faulty", row.faulty),
            ("cards_installed", row.total * pool.accelerators),
            ("cards_in_use", in_use * pool.accelerators),
            ("cards_free", row.idle * pool.accelerators),
        ):
            total[name] = total.get(name, 0) + value
    return [{"kind": kind, **sums[kind]} for kind in PoolKind.codes() if kind in sums]


def missing_pools(at: datetime) -> list[dict[str, Any]]:
    """The pools without a fresh reading: key, kind, why, and when they were last heard of."""
    found = []
    for pool, freshness in _pools(at):
        if freshness is not Freshness.FRESH:
            row = inventory_of(pool)
            last = row.observed_at.isoformat() if row else None
            found.append(
                {"pool": pool.key, "kind": pool.kind, "state": freshness.value, "last_observed_at": last}
            )
    return found


def offers_by_place() -> list[dict[str, Any]]:
    """What is on sale now by division and kind: offers, their providers, and the lowest price of a unit hour."""
    found: dict[tuple[str, str], list[Offer]] = {}
    for offer in sellable_offers().select_related("pool__centre"):
        found.setdefault((offer.pool.centre.division, offer.pool.kind), []).append(offer)
    return [
        {
            "division": division,
            "kind": kind,
            "offers": len(offers),
            "providers": len({offer.tenant_id for offer in offers}),
            "lowest_cny_hour": format(
                min(o.price_cny_hour for o in offers if o.price_cny_hour is not None), "f"
            ),
        }
        for (division, kind), offers in sorted(found.items())
    ]


def _pools(at: datetime) -> Iterator[tuple[Pool, Freshness]]:
    wholes = Pool.objects.filter(
        created_at__lt=at, part_of=None
    )  # what is allotted of a pool is counted there
    for pool in wholes.select_related("inventory").order_by("key"):
        yield pool, freshness_of(pool, at)
