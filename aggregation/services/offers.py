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
from aggregation.errors import ItemChanged, KeyTaken, WrongInput
from aggregation.events import OfferChanged, OfferRegistered, OffersRegistered
from aggregation.models import Offer, OfferPrice
from aggregation.selectors.pools import Ground, ground_of
from aggregation.selectors.profiles import accelerators
from kernel.actor import Actor
from kernel.clock import now
from kernel.errors import InvalidField, NotFound, Problem
from kernel.services.outbox import publish, publish_each
from participants.selectors.organisations import require_certified


@dataclass(frozen=True, slots=True)
class Price:
    """CNY an hour for one unit, from an instant (None: now) until another (None: open)."""

    cny_hour: Decimal
    valid_from: datetime | None
    valid_until: datetime | None


@dataclass(frozen=True, slots=True)
class Listing:
    """A checked or unchecked draft, its first price, and how it begins."""

    draft: OfferDraft
    price: Price
    state: OfferState
    marking: str


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
    require_period(price, now())
    ground = ground_of(actor.tenant_id, [draft.key])
    if faults := check_draft(draft, ground):
        fault = faults[0]
        if fault.code is FaultCode.TAKEN:
            raise KeyTaken(pointer="/offer", key=draft.key)
        raise WrongInput(pointer=f"/{fault.column}", reason_zh=fault.text.zh, reason_en=fault.text.en)
    listing = Listing(draft, price, state, marking)
    (row,) = store_drafts([listing], ground, provider=actor.tenant_id)
    publish(OfferRegistered(subject=row.id, tenant=row.tenant_id, key=row.key, pool=row.pool_id), actor=actor)
    return Offer.objects.priced().select_related("pool__centre").get(id=row.id)


@transaction.atomic
def register_offers(*, listings: Sequence[Listing], actor: Actor) -> list[ItemResult]:
    """Put up the offers that are right and say what is wrong with each of the others, in order."""
    require_certified(actor)
    assert actor.tenant_id is not None  # noqa: S101 - providers are organisations
    ground = ground_of(actor.tenant_id, [each.draft.key for each in listings])
    verdicts = [check_draft(each.draft, ground) for each in listings]
    seen: dict[str, int] = {}
    for place, each in enumerate(listings):
        if (first := seen.setdefault(each.draft.key, place)) != place:
            verdicts[place] = [*verdicts[place], Fault.of(FaultCode.DUPLICATE, "offer", line=first + 1)]
    good = [each for each, faults in zip(listings, verdicts, strict=True) if not faults]
    rows = store_drafts(good, ground, provider=actor.tenant_id)
    if rows:
        publish(
            OffersRegistered(subject=actor.tenant_id, tenant=actor.tenant_id, count=len(rows)), actor=actor
        )
    stored = iter(rows)
    return [
        ItemResult(None, tuple(faults)) if faults else ItemResult(next(stored), ()) for faults in verdicts
    ]


@dataclass(frozen=True, slots=True)
class OfferChange:
    """What is to change of one offer, as its writer read it."""

    id: UUID
    generation: int
    price: Price | None
    available: int | None
    state: OfferState | None


@transaction.atomic
def change_offers(*, changes: Sequence[OfferChange], actor: Actor) -> list[UUID | Problem]:
    """Change offers of the caller's, each by itself; of each, its id or why not, in order.

    The rows are locked first, in one order, so that no generation moves while they are changed.
    """
    assert actor.tenant_id is not None  # noqa: S101 - providers are organisations
    mine = Offer.objects.filter(tenant_id=actor.tenant_id, id__in=[each.id for each in changes])
    rows = {row.id: row for row in mine.order_by("id").select_for_update()}
    instant, happened, prices = now(), [], []
    found: list[UUID | Problem] = []
    for each in changes:
        try:
            happened.append(_changed(rows.get(each.id), each, instant))
        except Problem as problem:
            found.append(problem)
        else:
            found.append(each.id)
            if each.price:
                prices.append(OfferPrice(offer_id=each.id, **_columns(each.price)))
    written = {each.subject for each in happened}
    Offer.objects.bulk_update([rows[id_] for id_ in written], ["state", "available", "generation"])
    OfferPrice.objects.bulk_create(prices)
    publish_each(happened, actor=actor)
    return found


def _changed(row: Offer | None, change: OfferChange, instant: datetime) -> OfferChanged:
    """Change the row, not yet stored, if all of the change is right; the next of the same offer builds on it."""
    if row is None:
        raise NotFound(pointer="/id")
    if row.generation != change.generation:
        raise ItemChanged(pointer="/generation", current=row.generation)
    state = row.state
    if change.state is not None and change.state != state:
        state = LIFE.after(ACT_INTO[change.state], state)
    if change.price is not None:
        require_period(change.price, instant)
    row.state, row.generation = state, row.generation + 1
    if change.available is not None:
        row.available = change.available
    return OfferChanged(
        subject=row.id, tenant=row.tenant_id, state=row.state, repriced=change.price is not None
    )


@transaction.atomic
def change_offer(
    *,
    offer: Offer,
    price: Price | None,
    available: int | None,
    state: OfferState | None,
    actor: Actor,
) -> Offer:
    """Give an offer, as it was read, a new price (a new row of its history), another ceiling, or another state.

    Raises ItemChanged where it is not as it was, StateConflict where the state may not follow, InvalidField
    for a price that begins in the past.
    """
    change = OfferChange(offer.id, offer.generation, price, available, state)
    (found,) = change_offers(changes=[change], actor=actor)
    if isinstance(found, Problem):
        raise found
    return Offer.objects.priced().select_related("pool__centre").get(id=found)


def check_draft(draft: OfferDraft, ground: Ground) -> list[Fault]:
    """What is wrong with a draft on its provider's ground."""
    return faults_of_offer(
        draft, pools=ground.pools, centres=ground.centres, dictionary=accelerators(), taken=ground.taken
    )


def store_drafts(listings: Sequence[Listing], ground: Ground, *, provider: UUID) -> list[Offer]:
    """Write checked drafts and their first prices. Raises KeyTaken where another writer was faster."""
    rows = [
        Offer(
            tenant_id=provider,
            pool_id=ground.pools[each.draft.pool].id,
            key=each.draft.key,
            unit=each.draft.unit,
            term=each.draft.term,
            min_hours=each.draft.min_hours,
            notice_hours=each.draft.notice_hours,
            available=each.draft.available,
            state=each.state,
            marking=each.marking,
        )
        for each in listings
    ]
    try:
        with transaction.atomic():
            Offer.objects.bulk_create(rows)
    except IntegrityError as error:
        raise KeyTaken(key="、".join(row.key for row in rows[:3])) from error
    OfferPrice.objects.bulk_create(
        OfferPrice(offer=row, **_columns(each.price)) for row, each in zip(rows, listings, strict=True)
    )
    return rows


def _columns(price: Price) -> dict[str, object]:
    return {
        "price_cny_hour": price.cny_hour,
        "valid_from": price.valid_from or Now(),
        "valid_until": price.valid_until,
    }


def require_period(price: Price, instant: datetime) -> None:
    """Raise InvalidField for a price that, at this instant, begins in the past, or that ends before it begins."""
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
