"""Selections: a demand, the snapshot it was answered on, and the answer. Insert-only."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now

from kernel.models.base import Entity


class Selection(Entity):
    """The facts of one selection, so that it can be replayed and its bundles quoted.

    `demand` and `access` are what the engine was given, `asked_at` when, `answer` what it answered, `terms` for each
    bundle the keys and amounts that a hold needs; `spans` the latency evidence of every span in the bundles.
    `across` is what other nodes said, where they were asked. `ranks` (one for each bundle) and `tied_beyond` say what is of equal value.
    `extras` is the hash of what the files lack, empty where the demand asked for nothing of it.
    """

    tenant_field: ClassVar[str] = "tenant_id"

    tenant_id = models.UUIDField()
    demand_ref = models.UUIDField(null=True)
    demand = models.JSONField()
    access = models.JSONField()
    asked_at = models.DateTimeField(db_default=Now())
    snapshot = models.CharField(max_length=80)
    extras = models.CharField(max_length=80, blank=True)
    answer = models.JSONField()
    ranks = ArrayField(models.PositiveIntegerField(), default=list)
    tied_beyond = models.PositiveIntegerField(default=0)
    spans = models.JSONField()
    near_misses = models.JSONField()
    across = models.JSONField(null=True)
    terms = models.JSONField()
    bundles = models.PositiveIntegerField()
    milliseconds = models.PositiveIntegerField()

    class Meta:
        db_table = "selection"
        indexes = [models.Index(fields=["tenant_id", "id"], name="selection_by_tenant")]

    @property
    def markings(self) -> list[str]:
        """For each bundle 演示数据, where anything that it is made of is invented."""
        return [terms.get("marking", "") for terms in self.terms]

    @property
    def marking(self) -> str:
        """The first of them that says something."""
        return next(filter(None, self.markings), "")
