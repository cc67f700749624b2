"""Allotments: machines of a pool that its provider sets aside for a reseller."""

from typing import ClassVar
from uuid import UUID

from django.db import models
from django.db.models import F, Q

from aggregation.domain.allotments import SET_ASIDE, AllotmentState
from aggregation.models.pools import Pool
from kernel.models.base import Entity


class Allotment(Entity):
    """So many machines of a pool for a reseller, for a window or until further notice (without an end).

    Its id is the bundle of its claim on the pool. `part` is the pool that the reseller sells from, with a row of the ledger
    of its own; `quantity` is what is set aside now, 0 once nothing is.
    """

    tenant_field: ClassVar[str] = "tenant_id"
    party_fields: ClassVar[list[str]] = ["reseller"]
    few: ClassVar[bool] = True

    part_id: UUID | None

    tenant_id = models.UUIDField(help_text="the provider who sets aside")
    reseller = models.UUIDField(help_text="the organisation that may sell it")
    pool = models.ForeignKey(Pool, models.PROTECT, related_name="allotments")
    part = models.OneToOneField(Pool, models.PROTECT, null=True, related_name="allotment")
    quantity = models.PositiveIntegerField(help_text="machines")
    start = models.DateTimeField(null=True)
    end = models.DateTimeField(null=True)
    state = models.CharField(
        max_length=10, choices=AllotmentState.choices(), default=AllotmentState.PROPOSED.value
    )
    accept_until = models.DateTimeField(help_text="until when the machines of a proposal are kept")
    answer = models.CharField(max_length=500, blank=True, help_text="why it was declined")
    ended_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "allotment"
        constraints = [
            models.CheckConstraint(condition=~Q(reseller=F("tenant_id")), name="allotment_to_another"),
            models.CheckConstraint(
                condition=Q(start__isnull=True, end__isnull=True) | Q(end__gt=F("start")),
                name="allotment_window_ends_after_it_starts",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=[each.value for each in SET_ASIDE]) | Q(quantity__gt=0),
                name="allotment_sets_something_aside",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=[AllotmentState.ACTIVE.value, AllotmentState.ENDING.value])
                | Q(part__isnull=False),
                name="allotment_is_sold_from_a_part",
            ),
        ]
        indexes = [
            models.Index(
                fields=["id"], condition=Q(state=AllotmentState.ENDING.value), name="allotment_ending"
            )
        ]
