"""Mail as rows: written with the act that sends it, emptied once it has left."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from kernel.models.base import Entity
from participants.models.organisations import Organisation
from participants.models.people import User


class Mail(Entity):
    """One mail to one address. When it has left, or has waited too long, only its name and its times remain."""

    tenant_field: ClassVar[str] = "organisation_id"

    organisation = models.ForeignKey(Organisation, models.PROTECT, null=True, related_name="+")
    user = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    letter = models.CharField(max_length=80)
    address = models.EmailField(blank=True)
    subject = models.CharField(max_length=400, blank=True)
    body = models.TextField(blank=True)
    sent_at = models.DateTimeField(null=True)
    dropped_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "mail"
        indexes = [
            models.Index(
                fields=["created_at"], condition=Q(sent_at=None, dropped_at=None), name="mail_waiting"
            )
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(sent_at=None, dropped_at=None) | Q(address="", subject="", body=""),
                name="mail_emptied_once_it_left",
            )
        ]
