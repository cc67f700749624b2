"""Identifiers, and the list of every code that was ever issued."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from identifiers.domain.descriptors import LONGEST_VALUE
from identifiers.domain.lifecycle import OVER, WITHOUT_CODE, IdentifierKind, IdentifierState
from identifiers.domain.review import Review
from kernel.models.base import Entity
from kernel.shelves import strike


class Identifier(Entity):
    """One resource's identifier from application to tombstone.

    `subject` is the resource's key on the floor that owns it; `tenant_id` is the resource's owner, and the
    floors above count an identifier only for the tenant that owns both.
    """

    tenant_field: ClassVar[str] = "tenant_id"

    tenant_id = models.UUIDField()
    kind = models.CharField(max_length=12, choices=IdentifierKind.choices())
    subject = models.UUIDField()
    state = models.CharField(
        max_length=10, choices=IdentifierState.choices(), default=IdentifierState.APPLIED.value
    )
    code = models.CharField(max_length=40, null=True, unique=True)  # noqa: DJ001 - none before it is issued
    review = models.CharField(
        max_length=10,
        choices=Review.choices(),
        default=Review.DOUBTFUL.value,
        db_default=Review.DOUBTFUL.value,
        help_text="who decides it",
    )
    reason = models.CharField(max_length=500, blank=True)
    filing = models.CharField(
        max_length=64, blank=True, help_text="国家节点备案回执号 / receipt of the filing"
    )
    filed_at = models.DateTimeField(null=True)
    marking = models.CharField(
        max_length=LONGEST_VALUE,
        blank=True,
        db_default="",
        help_text="of the newest descriptor: 演示数据 where the resource is invented",
    )

    class Meta:
        db_table = "identifier"
        constraints = [
            models.UniqueConstraint(
                fields=["tenant_id", "subject"],
                condition=~Q(state__in=[state.value for state in OVER]),
                name="identifier_one_a_resource",
            ),
            models.CheckConstraint(
                condition=Q(code__isnull=True, state__in=[state.value for state in WITHOUT_CODE])
                | Q(code__isnull=False) & ~Q(state__in=[state.value for state in WITHOUT_CODE]),
                name="identifier_has_code_from_issue_on",
            ),
            models.CheckConstraint(
                condition=~Q(state=IdentifierState.ACTIVE.value) | ~Q(filing=""),
                name="identifier_active_is_filed",
            ),
        ]
        indexes = [
            models.Index(
                fields=["id"],
                condition=Q(state=IdentifierState.VERIFIED.value, review=Review.BY_RULE.value),
                name="identifier_waits_for_rule",
            )
        ]

    def advance(self, *fields: str) -> None:
        """Save the next generation; once it is committed, nobody hands out what was answered of the last one."""
        super().advance(*fields)
        if self.code:
            strike(self.code)


class IssuedCode(models.Model):
    """Every code ever issued, for ever: append-only, so that none is issued twice (INVARIANTS D1)."""

    public: ClassVar[bool] = True

    code = models.CharField(primary_key=True, max_length=40)
    identifier = models.OneToOneField(Identifier, models.PROTECT, related_name="issue")
    issued_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "issued_code"
