"""Assets: what can be attacked, whose it is, and which resources rest on it."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models

from kernel.models.base import Entity
from security.domain.findings import AssetKind


class Asset(Entity):
    """Something of an organisation's that is scanned; `resources` are its centres, pools and offers that rest on it."""

    tenant_field: ClassVar[str] = "tenant_id"
    few: ClassVar[bool] = True

    tenant_id = models.UUIDField()
    key = models.CharField(max_length=64)
    kind = models.CharField(max_length=12, choices=AssetKind.choices())
    name = models.CharField(max_length=200)
    resources = ArrayField(models.UUIDField(), default=list)

    class Meta:
        db_table = "asset"
        constraints = [models.UniqueConstraint(fields=["tenant_id", "key"], name="asset_once_a_key")]
