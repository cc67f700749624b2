"""Line providers by the human key of their files, and the line products that they sell."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from kernel.models.base import Entity
from scheduling.domain.withdrawals import SaleState
from scheduling.domain.working_days import DayCount
from scheduling.models.withdrawals import Withdrawable


class LineProvider(Entity):
    """An organisation's key as `line_provider` in files; taken at its first import, then fixed."""

    tenant_field: ClassVar[str] = "tenant_id"
    few: ClassVar[bool] = True

    tenant_id = models.UUIDField(unique=True)
    key = models.CharField(max_length=64, unique=True)

    class Meta:
        db_table = "line_provider"


class LineProduct(Entity):
    """A line product (line_provider, technology): what carries an identifier of kind line and can be sold."""

    tenant_field: ClassVar[str] = "provider__tenant_id"
    few: ClassVar[bool] = True

    provider = models.ForeignKey(LineProvider, models.PROTECT, related_name="products")
    technology = models.CharField(max_length=20)
    availability = models.DecimalField(
        max_digits=7, decimal_places=6, null=True, help_text="share of a year, as promised for one circuit"
    )
    availability_class = models.CharField(max_length=20, blank=True)
    protection = models.CharField(max_length=20, blank=True)
    isolation = models.CharField(max_length=20, blank=True)
    encryption = models.CharField(max_length=20, blank=True)
    sla = models.CharField(max_length=20, blank=True)
    services_profile = models.CharField(
        max_length=20, blank=True, help_text="version of the classes; empty: none declared"
    )

    class Meta:
        db_table = "line_product"
        constraints = [
            models.CheckConstraint(
                condition=Q(availability__isnull=True) | Q(availability__gte=0, availability__lte=1),
                name="line_product_availability_is_a_share",
            ),
            models.UniqueConstraint(fields=["provider", "technology"], name="line_product_once_a_technology"),
        ]

    @property
    def marking(self) -> str:
        """演示数据, where one of its prices is invented; `tariffs` are to be read with it."""
        return next((tariff.marking for tariff in self.priced if tariff.marking), "")

    @property
    def priced(self) -> "list[LineTariff]":
        """Its tariffs that are on the market."""
        return [tariff for tariff in self.tariffs.all() if not tariff.is_withdrawn]


class LineTariff(Withdrawable):
    """One price of a product: a bandwidth step in a zone from a minimum term on. Once it is withdrawn, that is priced anew by another row."""

    tenant_field: ClassVar[str] = "product__provider__tenant_id"

    product = models.ForeignKey(LineProduct, models.PROTECT, related_name="tariffs")
    bandwidth_mbps = models.BigIntegerField()
    zone = models.CharField(max_length=20)
    one_off_cny = models.DecimalField(max_digits=18, decimal_places=6)
    monthly_cny = models.DecimalField(max_digits=18, decimal_places=6)
    monthly_cny_per_km = models.DecimalField(max_digits=18, decimal_places=6)
    min_months = models.BigIntegerField()
    elastic_cny_hour = models.DecimalField(max_digits=18, decimal_places=6, null=True)
    terminal_us = models.BigIntegerField()
    lead_days = models.BigIntegerField()
    lead_in = models.CharField(max_length=10, choices=DayCount.choices(), default=DayCount.CALENDAR.value)
    marking = models.CharField(max_length=40, blank=True)

    class Meta(Withdrawable.Meta):
        db_table = "line_tariff"
        constraints = [
            *Withdrawable.Meta.constraints,
            models.UniqueConstraint(
                fields=["product", "bandwidth_mbps", "zone", "min_months"],
                condition=Q(state=SaleState.LISTED.value),
                name="line_tariff_once_a_step_zone_and_term",
            ),
            models.CheckConstraint(
                condition=Q(one_off_cny__gte=0, monthly_cny__gte=0, monthly_cny_per_km__gte=0),
                name="line_tariff_not_negative",
            ),
        ]
