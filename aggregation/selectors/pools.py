"""What a provider's drafts are checked against: its pools, its centres, the keys in use."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from uuid import UUID

from aggregation.domain.offers import REPEATED, PoolFacts
from aggregation.domain.pools import MachineSpec
from aggregation.models import Centre, Offer, Pool


@dataclass(frozen=True, slots=True)
class Ground:
    """Everything that a draft of one provider's may refer to."""

    pools: dict[str, PoolFacts]
    centres: frozenset[str]
    taken: frozenset[str]


def ground_of(provider: UUID, keys: Iterable[str]) -> Ground:
    """The provider's pools and centres by key, and which of `keys` name an offer of this node already."""
    pools = list(Pool.objects.filter(tenant_id=provider).select_related("centre"))
    mine = Centre.objects.filter(tenant_id=provider).values_list("key", flat=True)
    return Ground(
        pools={
            pool.key: PoolFacts(
                id=pool.id,
                key=pool.key,
                facts={
                    name: pool.centre.key if name == "centre" else getattr(pool, name) for name in REPEATED
                },
            )
            for pool in pools
        },
        centres=frozenset(mine).union(pool.centre.key for pool in pools),  # a part stands in another's
        taken=frozenset(Offer.objects.filter(key__in=list(keys)).values_list("key", flat=True)),
    )


def spec_of(pool: Pool) -> MachineSpec:
    """One machine of a pool."""
    return MachineSpec(**{each.name: getattr(pool, each.name) for each in fields(MachineSpec)})


def free_keys(kind: type[Centre] | type[Pool], keys: Sequence[str]) -> set[int]:
    """The places in `keys` whose key nothing of this kind has, and no earlier place."""
    taken = set(kind.objects.filter(key__in=keys).values_list("key", flat=True))
    return {place for place, key in enumerate(keys) if key not in taken and key not in keys[:place]}
