"""Selections: a demand, the snapshot it was answered on, and the answer. Insert-only."""

from typing import ClassVar

from django.db import models

from kernel.models.base import Entity


class Selection(Entity):
    """The facts of one selection, so that it can be replayed and its bundles quoted.

    `demand` is what the engine was given, `answer` what it answered, `terms` for each bundle the keys and
    amounts that a hold needs; `spans` the latency evidence of every span in the bundles.
    """

    tenant_field: ClassVar[str] = "tenant_id"

    tenant_id = models.UUIDField()
    demand_ref = models.UUIDField(null=True)
    demand = models.JSONField()
    access = models.JSONField()
    snapshot = models.CharField(max_length=80)
    answer = models.JSONField()
    spans = models.JSONField()
    near_misses = models.JSONField()
    terms = models.JSONField()
    bundles = models.PositiveIntegerField()
    milliseconds = models.PositiveIntegerField()

    class Meta:
        db_table = "selection"
        indexes = [models.Index(fields=["tenant_id", "id"], name="selection_by_tenant")]
