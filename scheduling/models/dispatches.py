"""Dispatches: what a provider's agent is told of an order."""

from typing import ClassVar

from django.db import models

from kernel.models.base import Entity
from scheduling.domain.dispatches import LIFE, DispatchAct, DispatchState


class Dispatch(Entity):
    """The start of an order, or its end; the id of the call at the agent is order, delivery and act, so that a repeat changes nothing."""

    tenant_field: ClassVar[str] = "provider_id"
    party_fields: ClassVar[list[str]] = ["user_id"]

    order = models.UUIDField()
    act = models.CharField(
        max_length=5,
        choices=DispatchAct.choices(),
        default=DispatchAct.START.value,
        db_default=DispatchAct.START.value,  # the release before, which runs on during an upgrade, knows starts alone
    )
    offer = models.UUIDField()
    provider_id = models.UUIDField()
    user_id = models.UUIDField()
    quantity = models.BigIntegerField()
    delivery = models.PositiveIntegerField(
        default=1, help_text="1, and one more for each delivery that the user refused"
    )
    state = models.CharField(max_length=10, choices=DispatchState.choices(), default=LIFE.initial.value)
    attempts = models.PositiveIntegerField(default=0)
    error = models.CharField(max_length=200, blank=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "dispatch"
        constraints = [
            models.UniqueConstraint(fields=["order", "act"], name="dispatch_once_an_order_and_act")
        ]
