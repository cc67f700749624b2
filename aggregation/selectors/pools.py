"""What a provider's drafts are checked against: its pools, its centres, the keys in use."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from aggregation.domain.offers import REPEATED, PoolFacts
from aggregation.models import Centre, Offer, Pool


@dataclass(frozen=True, slots=True)
class Ground:
    """Everything of one provider that a draft may refer to."""

    pools: dict[str, PoolFacts]
    centres: frozenset[str]
    taken: frozenset[str]


def ground_of(provider: UUID, keys: Iterable[str]) -> Ground:
    """The provider's pools and centres by key, and which of `keys` name an offer of this node already."""
    pools = Pool.objects.filter(tenant_id=provider).select_related("centre")
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
        centres=frozenset(Centre.objects.filter(tenant_id=provider).values_list("key", flat=True)),
        taken=frozenset(Offer.objects.filter(key__in=list(keys)).values_list("key", flat=True)),
    )


def free_keys(kind: type[Centre] | type[Pool], keys: Sequence[str]) -> set[int]:
    """The places in `keys` whose key nothing of this kind has, and no earlier place."""
    taken = set(kind.objects.filter(key__in=keys).values_list("key", flat=True))
    return {place for place, key in enumerate(keys) if key not in taken and key not in keys[:place]}
