"""The providers' agents."""

from typing import ClassVar

from django.db import models

from kernel.models.base import Entity


class Agent(Entity):
    """A provider's program beside its machines: it reports inventory and takes signed dispatches."""

    tenant_field: ClassVar[str] = "tenant_id"
    few: ClassVar[bool] = True

    tenant_id = models.UUIDField()
    key = models.CharField(max_length=64)
    callback_url = models.CharField(max_length=500)

    class Meta:
        db_table = "agent"
        constraints = [
            models.UniqueConstraint(fields=["tenant_id", "key"], name="agent_once_a_provider_and_key")
        ]
