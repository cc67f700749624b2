"""Compute centres, and the storage that they rent."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from aggregation.domain.centres import CentreDomain, StorageClass
from kernel.models.base import Entity


class Centre(Entity):
    """A facility where pools stand; `key` is its human id, unique in the node. None is unknown."""

    tenant_field: ClassVar[str] = "tenant_id"
    shown_with: ClassVar[list[str]] = [
        "pools__tenant_id"
    ]  # a reseller's part of a pool stands in another's centre

    tenant_id = models.UUIDField()
    key = models.CharField(max_length=64, unique=True)
    name = models.CharField(max_length=120)
    name_en = models.CharField(max_length=120, blank=True)
    division = models.CharField(max_length=6, help_text="GB/T 2260")
    lat = models.DecimalField(max_digits=8, decimal_places=6, help_text="WGS-84")
    lon = models.DecimalField(max_digits=9, decimal_places=6, help_text="WGS-84")
    site = models.CharField(max_length=64, help_text="key of the site where it meets the network")
    design_racks = models.PositiveIntegerField(help_text="racks of rack_kw each, as designed")
    rack_kw = models.DecimalField(max_digits=6, decimal_places=2)
    pue = models.DecimalField(max_digits=5, decimal_places=3, null=True)
    green_share = models.DecimalField(max_digits=5, decimal_places=4, null=True)
    mlps_level = models.PositiveSmallIntegerField(null=True, help_text="等保 1–4")
    region_tags = ArrayField(models.CharField(max_length=40), default=list)
    egress_ports = models.JSONField(default=dict, help_text="Gbps → number of ports")
    domains = ArrayField(models.CharField(max_length=20, choices=CentreDomain.choices()), default=list)
    carbon_kg_kwh = models.DecimalField(
        max_digits=8, decimal_places=6, null=True, help_text="kg CO₂ a kWh of the machines, as declared"
    )
    availability = models.DecimalField(
        max_digits=7, decimal_places=6, null=True, help_text="share of a year, as promised"
    )
    marking = models.CharField(max_length=40, blank=True, help_text="演示数据 where it is invented")

    class Meta:
        db_table = "centre"
        constraints = [
            models.CheckConstraint(condition=Q(pue__isnull=True) | Q(pue__gte=1), name="centre_pue_from_one"),
            models.CheckConstraint(
                condition=Q(green_share__isnull=True) | Q(green_share__gte=0, green_share__lte=1),
                name="centre_green_share_is_a_share",
            ),
            models.CheckConstraint(
                condition=Q(availability__isnull=True) | Q(availability__gte=0, availability__lte=1),
                name="centre_availability_is_a_share",
            ),
        ]


class CentreStore(Entity):
    """Storage of one class that a centre rents; its id is the ledger's resource, in GiB."""

    tenant_field: ClassVar[str] = "tenant_id"
    few: ClassVar[bool] = True

    tenant_id = models.UUIDField()
    centre = models.ForeignKey(Centre, models.PROTECT, related_name="stores")
    storage_class = models.CharField(max_length=20, choices=StorageClass.choices())
    gib = models.BigIntegerField(help_text="installed for rent")
    price_cny_gib_month = models.DecimalField(max_digits=18, decimal_places=6)

    class Meta:
        db_table = "centre_store"
        ordering: ClassVar[list[str]] = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["centre", "storage_class"], name="centre_store_once_a_class"),
            models.CheckConstraint(
                condition=Q(gib__gte=0, price_cny_gib_month__gte=0), name="centre_store_not_negative"
            ),
        ]
