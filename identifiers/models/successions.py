"""Which identifier follows which: what a tombstone points to."""

from typing import ClassVar

from django.db import models
from django.db.models.functions import Now

from identifiers.domain.successions import SuccessionAct
from identifiers.models.identifiers import Identifier


class Succession(models.Model):
    """A retired identifier and one of those that go on in its place. Insert-only."""

    public: ClassVar[bool] = True

    id = models.BigAutoField(primary_key=True)
    predecessor = models.ForeignKey(Identifier, models.PROTECT, related_name="followed_by")
    successor = models.ForeignKey(Identifier, models.PROTECT, related_name="follows")
    act = models.CharField(max_length=5, choices=SuccessionAct.choices())
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "identifier_succession"
        constraints = [
            models.UniqueConstraint(fields=["predecessor", "successor"], name="identifier_succession_once")
        ]
