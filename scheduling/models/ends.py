"""Where carriers are: the centres that they enter, the ends that they reach, the addresses that they cover."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from kernel.models.base import Entity
from scheduling.models.sites import Site


class CentreEntry(Entity):
    """A line provider's word that its cables enter a centre, by so many separate ways."""

    tenant_field: ClassVar[str] = "tenant_id"

    tenant_id = models.UUIDField()
    centre = models.CharField(max_length=64, help_text="key of the centre")
    entrances = models.PositiveSmallIntegerField(help_text="ways in that share no duct")
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "centre_entry"
        constraints = [
            models.UniqueConstraint(
                fields=["tenant_id", "centre"],
                condition=Q(withdrawn_at=None),
                name="centre_entry_once_a_line_provider",
            ),
            models.CheckConstraint(condition=Q(entrances__gte=1), name="centre_entry_has_an_entrance"),
        ]


class EndProfile(Entity):
    """A line provider's classes of A ends; the newest holds, the others stay to be read."""

    tenant_field: ClassVar[str] = "tenant_id"

    tenant_id = models.UUIDField()
    classes = models.JSONField(help_text="code, up_to_m and days of each class, from the nearest")

    class Meta:
        db_table = "line_end_profile"
        indexes = [models.Index(fields=["tenant_id", "-id"], name="line_end_profile_newest")]


class CoveredAddress(Entity):
    """An address that a line provider has covered from one of the access points; `plain` is how it is looked for."""

    tenant_field: ClassVar[str] = "tenant_id"

    tenant_id = models.UUIDField()
    address = models.CharField(max_length=100)
    plain = models.CharField(max_length=100)
    lat = models.DecimalField(max_digits=8, decimal_places=6)
    lon = models.DecimalField(max_digits=9, decimal_places=6)
    site = models.ForeignKey(Site, models.PROTECT, related_name="+")

    class Meta:
        db_table = "covered_address"
        constraints = [
            models.UniqueConstraint(
                fields=["tenant_id", "plain"], name="covered_address_once_a_line_provider"
            )
        ]
        indexes = [models.Index(fields=["plain"], name="covered_address_by_plain")]
