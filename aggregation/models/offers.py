"""Offers of machines, and their prices over time."""

from datetime import datetime
from decimal import Decimal
from typing import Any, ClassVar

from django.db import models
from django.db.models import Case, F, OuterRef, Q, Subquery, When
from django.db.models.functions import Now

from aggregation.domain.offers import OfferState, OfferTerm, OfferUnit
from aggregation.models.pools import Pool
from kernel.models.base import Entity, EntityQuerySet


class OfferQuerySet(EntityQuerySet["Offer"]):
    """Offers, and the price beside them."""

    def priced(self) -> "OfferQuerySet":
        """Annotate the price that stands now: CNY an hour for one unit, and until when; None without one.

        The newest price that has begun counts until its end; an older one never comes back.
        """
        begun = OfferPrice.objects.filter(offer=OuterRef("pk"), valid_from__lte=Now())
        newest = begun.order_by("-valid_from", "-id")
        over = Q(price_until__isnull=False, price_until__lte=Now())
        columns: dict[str, Any] = {  # named on the model, so given as mappings
            "newest_price": Subquery(newest.values("price_cny_hour")[:1]),
            "price_until": Subquery(newest.values("valid_until")[:1]),
        }
        price = {"price_cny_hour": Case(When(over, then=None), default=F("newest_price"))}
        return self.annotate(**columns).annotate(**price)

    def with_price(self) -> "OfferQuerySet":
        """The offers that have a price now, with it."""
        return self.priced().exclude(Q(("price_cny_hour", None)))


class Offer(Entity):
    """A pool's machines for sale: by which unit, for how long at least, and how many at a time."""

    tenant_field: ClassVar[str] = "tenant_id"
    few: ClassVar[bool] = True

    price_cny_hour: Decimal | None
    price_until: datetime | None

    tenant_id = models.UUIDField()
    pool = models.ForeignKey(Pool, models.PROTECT, related_name="offers")
    key = models.CharField(max_length=64, unique=True)
    unit = models.CharField(max_length=10, choices=OfferUnit.choices(), default=OfferUnit.MACHINE.value)
    term = models.CharField(max_length=10, choices=OfferTerm.choices(), default=OfferTerm.ON_DEMAND.value)
    min_hours = models.PositiveIntegerField()
    notice_hours = models.PositiveIntegerField(
        default=0, help_text="how far ahead a booking must be made, at least"
    )
    available = models.PositiveIntegerField(help_text="most units in one order; the ledger grants")
    state = models.CharField(max_length=10, choices=OfferState.choices(), default=OfferState.DRAFT.value)
    marking = models.CharField(max_length=40, blank=True)

    objects = OfferQuerySet.as_manager()  # type: ignore[misc] # the base has a manager of the base queryset

    class Meta:
        db_table = "offer"
        indexes = [
            models.Index(fields=["pool"], condition=Q(state=OfferState.LISTED.value), name="offer_listed")
        ]


class OfferPrice(models.Model):
    """One price of an offer from an instant on; a change is a new row. Insert-only."""

    tenant_field: ClassVar[str] = "offer__tenant_id"
    public: ClassVar[bool] = False

    id = models.BigAutoField(primary_key=True)
    offer = models.ForeignKey(Offer, models.PROTECT, related_name="prices")
    price_cny_hour = models.DecimalField(max_digits=18, decimal_places=6)
    valid_from = models.DateTimeField(db_default=Now())
    valid_until = models.DateTimeField(null=True)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "offer_price"
        constraints = [
            models.CheckConstraint(condition=Q(price_cny_hour__gte=0), name="offer_price_not_negative"),
            models.CheckConstraint(
                condition=Q(valid_until__isnull=True) | Q(valid_until__gt=F("valid_from")),
                name="offer_price_ends_after_it_begins",
            ),
        ]
        indexes = [
            models.Index(fields=["offer", "-valid_from", "-id"], name="offer_price_newest"),
            models.Index(fields=["valid_from"], name="offer_price_begins"),
            models.Index(
                fields=["valid_until"], condition=Q(valid_until__isnull=False), name="offer_price_ends"
            ),
        ]
