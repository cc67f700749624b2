"""Dispatches: orders on their way to a provider's agent."""

from typing import ClassVar

from django.db import models

from kernel.models.base import Entity
from scheduling.domain.dispatches import LIFE, DispatchState


class Dispatch(Entity):
    """One order's dispatch; its id of work at the agent is order and delivery, so that a repeat changes nothing."""

    tenant_field: ClassVar[str] = "provider_id"
    party_fields: ClassVar[list[str]] = ["user_id"]

    order = models.UUIDField(unique=True)
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
