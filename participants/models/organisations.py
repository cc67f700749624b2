"""Organisations, and who is a member of them in which role."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from kernel.actor import Role
from kernel.models.base import Entity
from participants.domain.organisations import OrganisationKind, OrganisationState
from participants.models.people import User


class Organisation(Entity):
    """A tenant: one legal entity in one kind."""

    tenant_field: ClassVar[str] = "id"

    kind = models.CharField(max_length=24, choices=OrganisationKind.choices())
    name = models.CharField(max_length=120)
    code = models.CharField(max_length=18, help_text="统一社会信用代码 GB 32100-2015")
    state = models.CharField(
        max_length=12, choices=OrganisationState.choices(), default=OrganisationState.APPLIED.value
    )

    class Meta:
        db_table = "organisation"
        constraints = [
            models.UniqueConstraint(
                fields=["code", "kind"],
                condition=~Q(state__in=[OrganisationState.REFUSED.value, OrganisationState.CLOSED.value]),
                name="organisation_once_a_code_and_kind",
            )
        ]


class Membership(Entity):
    """A person in an organisation, with the roles held there."""

    tenant_field: ClassVar[str] = "organisation_id"

    user = models.ForeignKey(User, models.PROTECT, related_name="memberships")
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="memberships")
    roles = ArrayField(models.CharField(max_length=24, choices=Role.choices()))
    administers = models.BooleanField(default=False)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "membership"
        constraints = [
            models.UniqueConstraint(
                fields=["user", "organisation"], condition=Q(ended_at=None), name="membership_once"
            )
        ]
