"""Putting offers up for sale, one by one and many at once, and changing them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models.functions import Now

from aggregation.domain.faults import Fault, FaultCode
from aggregation.domain.offers import ACT_INTO, LIFE, OfferDraft, OfferState, faults_of_offer
from aggregation.errors import KeyTaken, WrongInput
from aggregation.events import OfferChanged, OfferRegistered, OffersRegistered
from aggregation.models import Offer, OfferPrice
from aggregation.selectors.pools import Ground, ground_of
from aggregation.selectors.profiles import accelerators
from kernel.actor import Actor
from kernel.clock import now
from kernel.errors import InvalidField
from kernel.services.outbox import publish
from participants.selectors.organisations import require_certified


@dataclass(frozen=True, slots=True)
class Price:
    """CNY an hour for one unit, from an instant (None: now) until another (None: open)."""

    cny_hour: Decimal
    valid_from: datetime | None
    valid_until: datetime | None


@dataclass(frozen=True, slots=True)
class ItemResult:
    """What became of one draft of many: its offer, or its faults."""

    offer: Offer | None
    faults: tuple[Fault, ...]


@transaction.atomic
def register_offer(
    *, draft: OfferDraft, price: Price, state: OfferState, marking: str, actor: Actor
) -> Offer:
    """Put up one offer of the caller's. Raises NotCertified, WrongInput naming the field, KeyTaken."""
    require_certified(actor)
    assert actor.tenant_id is not None  # noqa: S101 - providers are organisations
    _check_period(price)
    ground = ground_of(actor.tenant_id, [draft.key])
    if faults := check_draft(draft, ground):
        fault = faults[0]
        if fault.code is FaultCode.TAKEN:
            raise KeyTaken(pointer="/offer", key=draft.key)
        raise WrongInput(pointer=f"/{fault.column}", reason_zh=fault.text.zh, reason_en=fault.text.en)
    (row,) = store_drafts([draft], ground, [price], state=state, marking=marking, provider=actor.tenant_id)
    publish(OfferRegistered(subject=row.id, tenant=row.tenant_id, key=row.key, pool=row.pool_id), actor=actor)
    return Offer.objects.priced().select_related("pool__centre").get(id=row.id)


@transaction.atomic
def register_offers(*, drafts: Sequence[OfferDraft | None], marking: str, actor: Actor) -> list[ItemResult]:
    """Put up the drafts that are right and say what is wrong with each of the others, in order.

    None stands for a draft that could not be read; its result is empty.
    """
    require_certified(actor)
    assert actor.tenant_id is not None  # noqa: S101 - providers are organisations
    readable = [draft for draft in drafts if draft]
    ground = ground_of(actor.tenant_id, [draft.key for draft in readable])
    verdicts = {id(draft): check_draft(draft, ground) for draft in readable}
    seen: dict[str, int] = {}
    for number, draft in enumerate(drafts):
        if draft and seen.setdefault(draft.key, number) != number:
            verdicts[id(draft)] = [
                *verdicts[id(draft)],
                Fault.of(FaultCode.DUPLICATE, "offer", line=seen[draft.key] + 1),
            ]
    good = [draft for draft in readable if not verdicts[id(draft)]]
    prices = [Price(draft.price_cny_hour, None, None) for draft in good]
    rows = store_drafts(
        good, ground, prices, state=OfferState.LISTED, marking=marking, provider=actor.tenant_id
    )
    if rows:
        publish(
            OffersRegistered(subject=actor.tenant_id, tenant=actor.tenant_id, count=len(rows)), actor=actor
        )
    stored = {row.key: row for row in rows}
    return [
        ItemResult(None, ())
        if draft is None
        else ItemResult(None, tuple(verdicts[id(draft)]))
        if verdicts[id(draft)]
        else ItemResult(stored[draft.key], ())
        for draft in drafts
    ]


@transaction.atomic
def change_offer(
    *,
    offer: Offer,
    price: Price | None,
    available: int | None,
    state: OfferState | None,
    actor: Actor,
) -> Offer:
    """Give an offer a new price (a new row of its history), another ceiling, or another state.

    Raises StateConflict where the state may not follow, InvalidField for a price that begins in the past.
    """
    row = Offer.objects.select_for_update().get(id=offer.id)
    if state is not None and state != row.state:
        row.state = LIFE.after(ACT_INTO[state], row.state)
    if available is not None:
        row.available = available
    if price is not None:
        _check_period(price)
        OfferPrice.objects.create(offer=row, **_columns(price))
    row.advance("state", "available")
    publish(
        OfferChanged(subject=row.id, tenant=row.tenant_id, state=row.state, repriced=price is not None),
        actor=actor,
    )
    return Offer.objects.priced().select_related("pool__centre").get(id=row.id)


def check_draft(draft: OfferDraft, ground: Ground) -> list[Fault]:
    """What is wrong with a draft on its provider's ground."""
    return faults_of_offer(
        draft, pools=ground.pools, centres=ground.centres, dictionary=accelerators(), taken=ground.taken
    )


def store_drafts(
    drafts: Sequence[OfferDraft],
    ground: Ground,
    prices: Sequence[Price],
    *,
    state: OfferState,
    marking: str,
    provider: UUID,
) -> list[Offer]:
    """Write checked drafts and their first prices. Raises KeyTaken where another writer was faster."""
    rows = [
        Offer(
            tenant_id=provider,
            pool_id=ground.pools[draft.pool].id,
            key=draft.key,
            unit=draft.unit,
            term=draft.term,
            min_hours=draft.min_hours,
            available=draft.available,
            state=state,
            marking=marking,
        )
        for draft in drafts
    ]
    try:
        with transaction.atomic():
            Offer.objects.bulk_create(rows)
    except IntegrityError as error:
        raise KeyTaken(key="、".join(row.key for row in rows[:3])) from error
    OfferPrice.objects.bulk_create(
        OfferPrice(offer=row, **_columns(price)) for row, price in zip(rows, prices, strict=True)
    )
    return rows


def _columns(price: Price) -> dict[str, object]:
    return {
        "price_cny_hour": price.cny_hour,
        "valid_from": price.valid_from or Now(),
        "valid_until": price.valid_until,
    }


def _check_period(price: Price) -> None:
    instant = now()
    if price.valid_from and price.valid_from < instant:
        raise InvalidField(
            pointer="/valid_from",
            reason_zh="价格不得自过去起算；请留空（立即生效）或填写将来的时间。",
            reason_en="A price cannot begin in the past; leave it out (now) or give a later time.",
        )
    if price.valid_until and price.valid_until <= (price.valid_from or instant):
        raise InvalidField(
            pointer="/valid_until",
            reason_zh="价格的截止时间须晚于开始时间。",
            reason_en="A price must end after it begins.",
        )
