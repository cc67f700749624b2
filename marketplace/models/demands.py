"""Demands: what a buyer wants, where, when and for how much."""

from typing import ClassVar

from django.db import models

from kernel.models.base import Entity


class Demand(Entity):
    """One demand; `terms` is the body of a selection, `selection` the latest answer to it."""

    tenant_field: ClassVar[str] = "tenant_id"

    tenant_id = models.UUIDField()
    title = models.CharField(max_length=120)
    terms = models.JSONField()
    selection = models.UUIDField(null=True)

    class Meta:
        db_table = "demand"
        indexes = [models.Index(fields=["tenant_id", "id"], name="demand_by_tenant")]
