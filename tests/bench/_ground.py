"""The ground that claims are measured on: ten thousand pools with an offer each, all of them sellable, and their buyers."""

from dataclasses import dataclass
from datetime import timedelta
from typing import TypeVar
from uuid import UUID

from django.db.models import Model

from aggregation.models import Inventory, Offer, OfferPrice, Pool
from identifiers.models import Identifier
from kernel.actor import SYSTEM, Role
from kernel.clock import now
from kernel.ids import new_id
from kernel.models import Capacity, HoldAccount
from participants.domain.organisations import OrganisationKind, OrganisationState
from participants.models import Membership, Organisation, User
from participants.services.credentials import issue_key
from tests.aggregation.supply import bring_to_market
from tests.support.cast import World, social_credit_code

R = TypeVar("R", bound=Model)
BUYERS = 32
MOST = 10**9
SPARE = 2  # pools beside those that are measured: one whose last units are sold, one for the control


@dataclass(frozen=True)
class Ground:
    """The offers and what buyers sign in with; a pool that runs out, and one that the control oversells."""

    offers: list[UUID]
    tenants: list[UUID]
    keys: list[str]
    scarce_offer: UUID
    scarce_pool: UUID
    naive_pool: UUID


def prepare(*, pools: int, total: int) -> Ground:
    """Make it: one pool goes to market by the front door, the others are its copies."""
    bring_to_market(World().ada, free=6)
    pool, offer = Pool.objects.get(), Offer.objects.get()
    price, inventory = OfferPrice.objects.get(), Inventory.objects.get()
    identifier = Identifier.objects.get(subject=pool.id)
    count = pools + SPARE
    ids, offer_ids = [new_id() for _ in range(count)], [new_id() for _ in range(count)]
    Pool.objects.bulk_create(
        [_copy(pool, id=each, key=f"p-{n}") for n, each in enumerate(ids)], batch_size=1000
    )
    Offer.objects.bulk_create(
        [
            _copy(offer, id=each, key=f"o-{n}", pool_id=ids[n], available=total)
            for n, each in enumerate(offer_ids)
        ],
        batch_size=1000,
    )
    OfferPrice.objects.bulk_create(
        [_copy(price, id=None, offer_id=each) for each in offer_ids], batch_size=1000
    )
    Inventory.objects.bulk_create(
        [_copy(inventory, pool_id=each, observed_at=now()) for each in ids], batch_size=1000
    )
    Identifier.objects.bulk_create(
        [_copy(identifier, id=new_id(), subject=each, code=f"86.320000/b{n}") for n, each in enumerate(ids)],
        batch_size=1000,
    )
    Capacity.objects.bulk_create(
        [Capacity(resource=each, tenant_id=pool.tenant_id, unit="machine", total=total) for each in ids],
        batch_size=1000,
    )
    tenants, keys = _buyers()
    return Ground(offer_ids[:pools], tenants, keys, offer_ids[-1], ids[-1], ids[-2])


def _copy(row: R, **changes: object) -> R:
    """Another row of the same kind."""
    values = {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields}
    return type(row)(**{**values, **changes})


def _buyers() -> tuple[list[UUID], list[str]]:
    """Organisations that may hold as much as they like, each with a key."""
    tenants, keys = [], []
    for number in range(BUYERS):
        house = Organisation.objects.create(
            kind=OrganisationKind.COMPUTE_USER, name=f"示范用户{number}", code=social_credit_code(40 + number),
            state=OrganisationState.CERTIFIED,
        )  # fmt: skip
        person = User.objects.create_user(email=f"claims-{number}@example.org", name="T")
        member = Membership.objects.create(user=person, organisation=house, roles=[Role.COMPUTE_USER])
        _, key = issue_key(
            membership=member, name="bench", scopes=["*"], valid_for=timedelta(hours=2), actor=SYSTEM
        )
        HoldAccount.objects.create(tenant_id=house.id, most=MOST, most_lapsed=MOST)
        tenants.append(house.id)
        keys.append(key)
    return tenants, keys
