"""Pools of equal machines in a centre."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from aggregation.domain.pools import PoolKind
from aggregation.models.centres import Centre
from kernel.models.base import Entity, EntityQuerySet
from kernel.models.capacity import still_free


class PoolQuerySet(EntityQuerySet["Pool"]):
    """Pools, and the ledger beside them."""

    def with_free(self) -> "PoolQuerySet":
        """Annotate `free`, the machines that the ledger can still grant (K2)."""
        columns = {"free": still_free()}  # named on the model, so given as a mapping
        return self.annotate(**columns)


class Pool(Entity):
    """Machines of one specification; its id is the ledger's resource, in machines. None is unknown.

    A reseller's part of another's pool (`part_of`) is a pool like any other, sold from a row of the ledger of its own;
    identifier, centre and inventory are those of the pool that it is of.
    """

    tenant_field: ClassVar[str] = "tenant_id"
    few: ClassVar[bool] = True

    free: int | None

    tenant_id = models.UUIDField()
    centre = models.ForeignKey(Centre, models.PROTECT, related_name="pools")
    part_of = models.ForeignKey("self", models.PROTECT, null=True, related_name="parts")
    key = models.CharField(max_length=64, unique=True)
    kind = models.CharField(max_length=12, choices=PoolKind.choices())
    accelerator = models.CharField(max_length=80, null=True)  # noqa: DJ001 - a pool without cards has none
    domestic = models.BooleanField()
    accelerators = models.PositiveIntegerField(help_text="cards in one machine")
    accelerator_memory_gib = models.DecimalField(max_digits=12, decimal_places=6, null=True)
    vcpus = models.PositiveIntegerField()
    memory_gib = models.DecimalField(max_digits=14, decimal_places=6)
    fp64_tflops = models.DecimalField(max_digits=16, decimal_places=6, null=True, help_text="of one machine")
    fp32_tflops = models.DecimalField(max_digits=16, decimal_places=6, null=True, help_text="of one machine")
    fp16_tflops = models.DecimalField(max_digits=16, decimal_places=6, null=True, help_text="of one machine")
    power_w = models.PositiveIntegerField(null=True, help_text="that one machine draws, without the cooling")
    machines = models.PositiveIntegerField(help_text="installed, as registered")
    marking = models.CharField(max_length=40, blank=True)

    objects = PoolQuerySet.as_manager()  # type: ignore[misc] # the base has a manager of the base queryset

    class Meta:
        db_table = "pool"
        constraints = [
            models.CheckConstraint(
                condition=Q(accelerator__isnull=True, accelerators=0)
                | Q(accelerator__isnull=False, accelerators__gt=0),
                name="pool_cards_have_a_name",
            ),
            # who locks both rows of the ledger does it in the order of their ids: the whole, then the part
            models.CheckConstraint(
                condition=Q(part_of__isnull=True) | Q(id__gt=F("part_of")), name="pool_part_after_its_whole"
            ),
        ]
