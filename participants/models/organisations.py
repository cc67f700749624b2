"""Organisations, and who is a member of them in which role."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q
from django.db.models.functions import Left, Right

from kernel.actor import Role
from kernel.models.base import Entity
from participants.domain.credit_codes import CodeCheck
from participants.domain.duties import DUTIES_APART
from participants.domain.organisations import OrganisationKind, OrganisationState, SizeClass
from participants.models.people import User


class Organisation(Entity):
    """A tenant: one legal entity in one kind.

    Two organisations are affiliated when they are one legal entity or one declares the other: the nine characters
    of the organisation code decide, whether they stand alone or inside a social credit code.
    """

    tenant_field: ClassVar[str] = "id"
    signs_in: ClassVar[bool] = True

    kind = models.CharField(max_length=24, choices=OrganisationKind.choices())
    name = models.CharField(max_length=120)
    code = models.CharField(
        max_length=18, help_text="统一社会信用代码 GB 32100-2015; without one the 组织机构代码 GB 11714"
    )
    legal_entity = models.GeneratedField(  # domain.credit_codes.legal_entity
        expression=Right(Left("code", 17), 9), output_field=models.CharField(max_length=9), db_persist=True
    )
    code_check = models.CharField(max_length=9, choices=CodeCheck.choices(), default=CodeCheck.PASSED.value)
    division = models.CharField(max_length=6, blank=True, help_text="GB/T 2260")
    size = models.CharField(max_length=8, choices=SizeClass.choices(), blank=True)
    affiliate_codes = ArrayField(models.CharField(max_length=18), default=list, blank=True)
    affiliate_entities = ArrayField(models.CharField(max_length=9), default=list, blank=True)
    state = models.CharField(
        max_length=12, choices=OrganisationState.choices(), default=OrganisationState.APPLIED.value
    )
    require_signatures = models.BooleanField(default=False)

    class Meta:
        db_table = "organisation"
        constraints = [
            models.UniqueConstraint(
                fields=["legal_entity", "kind"],
                condition=~Q(state__in=[OrganisationState.REFUSED.value, OrganisationState.CLOSED.value]),
                name="organisation_once_an_entity_and_kind",
            ),
        ]
        indexes = [
            models.Index(fields=["legal_entity"], name="organisation_legal_entity"),
            GinIndex(fields=["affiliate_entities"], name="organisation_affiliates"),
        ]


class Membership(Entity):
    """A person in an organisation, with the roles held there."""

    tenant_field: ClassVar[str] = "organisation_id"
    signs_in: ClassVar[bool] = True

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
            ),
            # within one membership here; across a person's memberships in services.invitations, under a lock
            *(
                models.CheckConstraint(
                    condition=~Q(roles__contains=[one.value, other.value]),
                    name=f"membership_{one.value}_not_{other.value}",
                )
                for index, one in enumerate(DUTIES_APART)
                for other in DUTIES_APART[index + 1 :]
            ),
        ]
