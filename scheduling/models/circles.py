"""One-millisecond circles as they were drawn, and the boundaries that they are a share of."""

from typing import ClassVar

from django.db import models

from kernel.models.base import Entity


class MetroBoundary(Entity):
    """The boundary of a metropolitan area, the denominator of its coverage. Insert-only: the newest of a city counts."""

    tenant_field: ClassVar[str] = "tenant_id"

    tenant_id = models.UUIDField(help_text="the administration that declares it")
    city = models.CharField(max_length=6, help_text="GB/T 2260")
    name = models.CharField(max_length=100)
    area = models.JSONField(help_text="GeoJSON, WGS-84")
    km2 = models.DecimalField(max_digits=14, decimal_places=6)
    source = models.CharField(max_length=200)
    marking = models.CharField(max_length=40, blank=True)

    class Meta:
        db_table = "metro_boundary"
        indexes = [models.Index(fields=["city", "-created_at"], name="metro_boundary_newest")]


class LatencyCircles(Entity):
    """The circles of one metropolitan area at one moment: numbers, geometry, and what they were made of. Insert-only."""

    tenant_field: ClassVar[str] = "tenant_id"

    tenant_id = models.UUIDField(help_text="who had them drawn")
    boundary = models.ForeignKey(MetroBoundary, models.PROTECT, related_name="circles")
    city = models.CharField(max_length=6)
    line_provider = models.CharField(max_length=64, blank=True, help_text="one carrier's network; empty: all")
    below_us = models.BigIntegerField(help_text="strict, optical, one way")
    profile = models.CharField(max_length=20)
    numbers = models.JSONField()
    geometry = models.JSONField(help_text="GeoJSON, for the regulator")
    inputs_sha256 = models.CharField(max_length=64)
    marking = models.CharField(max_length=40, blank=True)

    class Meta:
        db_table = "latency_circles"
        indexes = [models.Index(fields=["city"], name="latency_circles_by_city")]
