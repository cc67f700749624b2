"""Sites of networks: where spans end, where users and centres meet the network."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from scheduling.domain.sites import SiteRole
from scheduling.models.withdrawals import Withdrawable


class Site(Withdrawable):
    """A station at WGS-84 coordinates; other providers and centres refer to it by its key, which is never used again."""

    tenant_field: ClassVar[str] = "tenant_id"

    tenant_id = models.UUIDField()
    key = models.CharField(max_length=64, unique=True)
    name = models.CharField(max_length=100)
    place = models.CharField(max_length=64, blank=True)
    city = models.CharField(max_length=6, help_text="GB/T 2260")
    lat = models.DecimalField(max_digits=9, decimal_places=6)
    lon = models.DecimalField(max_digits=9, decimal_places=6)
    role = models.CharField(max_length=20, choices=SiteRole.choices())
    oxc = models.BooleanField(help_text="OXC or ROADM")
    otn_100g = models.BooleanField(default=False, help_text="100 Gbps OTN")
    service_area = models.JSONField(
        null=True, help_text="GeoJSON polygon that its tenant declares; None is unknown"
    )
    hop_us = models.BigIntegerField(help_text="µs one way for a pass through it")
    marking = models.CharField(max_length=40, blank=True)

    class Meta(Withdrawable.Meta):
        db_table = "site"


LINE_SITES = ("a", "protection_a", "z")
"""Where a line that is opened or asked for begins and ends."""

SECOND_END = Q(protection_a=None) | Q(protection="one_plus_one") & ~Q(protection_a=F("a"))
"""Of a row with `a`, `protection` and `protection_a`: only of a pair a second path begins elsewhere."""
