"""Centres as the floors above need them: where they stand, and how large they are designed."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from aggregation.domain.centres import fastest_port
from aggregation.domain.offers import OfferState
from aggregation.models import Centre, Offer
from kernel.quantities import standard_racks


@dataclass(frozen=True, slots=True)
class CentreFacts:
    """A centre: its provider, division (GB/T 2260), the key of its site, its design size in standard racks, and its egress.

    `egress_gbps` is the rate of its fastest port, None where it declares nothing of its ports.
    """

    key: str
    owner: UUID
    division: str
    site: str
    standard_racks: Decimal
    egress_gbps: int | None


def centres(keys: Iterable[str]) -> dict[str, CentreFacts]:
    """The centres of these keys; unknown keys are absent."""
    return {row.key: _facts(row) for row in Centre.objects.filter(key__in=set(keys))}


def selling_at(site: str) -> list[str]:
    """The keys of the centres that meet the network at a site and have an offer that is listed."""
    listed = Offer.objects.filter(pool__centre__site=site, state=OfferState.LISTED)
    return list(listed.order_by("pool__centre__key").values_list("pool__centre__key", flat=True).distinct())


def centres_in(divisions: str) -> list[CentreFacts]:
    """The centres in divisions whose code begins so, by key."""
    return [_facts(row) for row in Centre.objects.filter(division__startswith=divisions).order_by("key")]


def _facts(row: Centre) -> CentreFacts:
    return CentreFacts(
        row.key,
        row.tenant_id,
        row.division,
        row.site,
        standard_racks(row.design_racks, row.rack_kw),
        fastest_port(row.egress_ports),
    )
