"""Applications for a node: the filled form, and the bytes of the final paper."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from kernel.models.base import Entity
from nodes.domain.applications import ApplicationState, FormKind


class NodeApplication(Entity):
    """One version of one application; what is final never changes again (a trigger), a later version follows it."""

    public: ClassVar[bool] = True

    kind = models.CharField(max_length=16, choices=FormKind.choices())
    version = models.PositiveIntegerField(default=1)
    supersedes = models.OneToOneField(
        "self", models.PROTECT, null=True, related_name="successor", help_text="the version before"
    )
    state = models.CharField(
        max_length=8, choices=ApplicationState.choices(), default=ApplicationState.DRAFT.value
    )
    content = models.JSONField(help_text="what was filled in")
    profile = models.CharField(
        max_length=16, blank=True, help_text="version of the rules it was finalised by"
    )
    document = models.BinaryField(null=True, help_text="the final .docx")
    sha256 = models.CharField(max_length=64, blank=True, help_text="of the final .docx")
    finalised_at = models.DateTimeField(null=True)
    finalised_by = models.UUIDField(null=True)

    class Meta:
        db_table = "node_application"
        constraints = [
            models.CheckConstraint(
                condition=Q(state=ApplicationState.DRAFT.value, document=None, sha256="", finalised_at=None)
                | Q(
                    state=ApplicationState.FINAL.value,
                    document__isnull=False,
                    sha256__regex="^[0-9a-f]{64}$",
                    finalised_at__isnull=False,
                ),
                name="node_application_final_has_its_paper",
            ),
        ]
