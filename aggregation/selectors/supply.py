"""The supply of compute for a snapshot: rows in the columns of the selection files, and whose ids they are."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from aggregation.models import Offer
from aggregation.selectors.gate import sellable_offers
from kernel.selectors.capacity import free
from participants.selectors.organisations import standings


@dataclass(frozen=True, slots=True)
class SupplyRows:
    """Rows for centres.csv and offers.csv: integers, Decimals, text, None for unknown.

    `centre_ids` and `offer_ids` lead from the human keys in the rows to the ids of the node; a row's
    `provider` is the social credit code of its provider.
    """

    centres: list[dict[str, Any]]
    offers: list[dict[str, Any]]
    centre_ids: dict[str, UUID]
    offer_ids: dict[str, UUID]


def rows() -> SupplyRows:
    """Every offer that may be sold now with what is free of it, and the centres they stand in.

    `available` is the lesser of what the ledger can grant and what the offer sells at a time. The number
    of queries does not depend on the number of rows.
    """
    offers = list(sellable_offers().select_related("pool__centre").order_by("key"))
    left = free({offer.pool_id for offer in offers})
    parties = standings({offer.tenant_id for offer in offers})
    centres = {offer.pool.centre.key: offer.pool.centre for offer in offers}
    return SupplyRows(
        centres=[
            {
                "centre": key,
                "name": centre.name,
                "site": centre.site,
                "design_racks": centre.design_racks,
                "pue": centre.pue,
                "green_share": centre.green_share,
                "mlps_level": centre.mlps_level,
                "region_tags": ";".join(centre.region_tags),
            }
            for key, centre in sorted(centres.items())
        ],
        offers=[
            _row(offer, parties[offer.tenant_id].code, min(offer.available, left.get(offer.pool_id, 0)))
            for offer in offers
        ],
        centre_ids={key: centre.id for key, centre in centres.items()},
        offer_ids={offer.key: offer.id for offer in offers},
    )


def _row(offer: Offer, provider: str, available: int) -> dict[str, Any]:
    pool = offer.pool
    return {
        "offer": offer.key,
        "centre": pool.centre.key,
        "provider": provider,
        "kind": pool.kind,
        "accelerator": pool.accelerator,
        "domestic": int(pool.domestic),
        "accelerators": pool.accelerators,
        "accelerator_memory_gib": pool.accelerator_memory_gib,
        "vcpus": pool.vcpus,
        "memory_gib": pool.memory_gib,
        "fp64_tflops": pool.fp64_tflops,
        "fp32_tflops": pool.fp32_tflops,
        "fp16_tflops": pool.fp16_tflops,
        "price_cny_hour": offer.price_cny_hour,
        "available": available,
    }
