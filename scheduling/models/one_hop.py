"""One-hop access to compute: which access point reaches which centre so over which carrier's network."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from kernel.models.base import Entity
from scheduling.domain.one_hop import LIFE, STANDING, OneHopState
from scheduling.models.sites import Site


class OneHopAccess(Entity):
    """A capability of (access point, carrier, centre): the carrier's word and evidence, and what was found of it."""

    tenant_field: ClassVar[str] = "tenant_id"
    party_fields: ClassVar[list[str]] = ["centre_tenant"]

    tenant_id = models.UUIDField(help_text="the carrier")
    site = models.ForeignKey(Site, models.PROTECT, related_name="one_hop")
    centre = models.CharField(max_length=64, help_text="key of the compute centre")
    centre_tenant = models.UUIDField(help_text="the centre's provider")
    tested_at = models.DateTimeField()
    declarer = models.CharField(max_length=100)
    evidence_sha256 = models.CharField(max_length=64)
    state = models.CharField(max_length=10, choices=OneHopState.choices(), default=LIFE.initial.value)
    decided_at = models.DateTimeField(null=True)
    finding = models.CharField(
        max_length=500, blank=True, help_text="what was verified, or why it was refused"
    )
    finding_sha256 = models.CharField(max_length=64, blank=True)
    marking = models.CharField(max_length=40, blank=True)

    class Meta:
        db_table = "one_hop_access"
        constraints = [
            models.UniqueConstraint(
                fields=["site", "tenant_id", "centre"],
                condition=Q(state__in=sorted(each.value for each in STANDING)),
                name="one_hop_access_stands_once",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["verified", "refused"]) | Q(decided_at__isnull=False),
                name="one_hop_access_decided_at_a_time",
            ),
        ]
