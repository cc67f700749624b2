"""What a regulator delegates to a supporting unit, or opens to an auditor for one case."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from kernel.models.base import Entity
from participants.models.organisations import Organisation


class Mandate(Entity):
    """A list of operations, a case and a last day; `grantor` is the house of the two regulators."""

    tenant_field: ClassVar[str] = "organisation_id"
    party_fields: ClassVar[list[str]] = ["grantor"]
    signs_in: ClassVar[bool] = True

    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="mandates")
    grantor = models.UUIDField()
    operations = ArrayField(models.CharField(max_length=80), help_text="operation ids")
    case = models.CharField(max_length=60, help_text="the case or document that it serves, 文号")
    reason = models.CharField(max_length=500)
    last_day = models.DateField(help_text="last day of validity in China")
    proposed_by = models.UUIDField()
    approved_by = models.UUIDField()
    ended_at = models.DateTimeField(null=True)
    ended_by = models.UUIDField(null=True)

    class Meta:
        db_table = "mandate"
        constraints = [
            models.CheckConstraint(condition=~Q(approved_by=F("proposed_by")), name="mandate_by_two"),
            models.CheckConstraint(condition=~Q(operations=[]), name="mandate_names_something"),
        ]
