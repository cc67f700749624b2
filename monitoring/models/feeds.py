"""Feeds: who reports which class about what, and how often."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from kernel.models.base import Entity
from monitoring.domain.feeds import FeedClass, FeedState, Method


class Feed(Entity):
    """One declared feed of an organisation; `resource` is what it is about, None for the organisation as a whole.

    `due_at` is when it counts as silent unless something newer comes in; `checked_to` is how far its points
    were looked at for odd values.
    """

    tenant_field: ClassVar[str] = "tenant_id"
    few: ClassVar[bool] = True

    tenant_id = models.UUIDField()
    kind = models.CharField(max_length=12, choices=FeedClass.choices())
    resource = models.UUIDField(null=True)
    interval_seconds = models.PositiveIntegerField()
    method = models.CharField(max_length=10, choices=Method.choices())
    filing_number = models.CharField(max_length=60, blank=True)
    since = models.DateTimeField()
    state = models.CharField(max_length=10, choices=FeedState.choices(), default=FeedState.WAITING.value)
    last_ts = models.DateTimeField(null=True)
    due_at = models.DateTimeField()
    checked_to = models.DateTimeField(null=True)
    marking = models.CharField(
        max_length=40, blank=True, db_default="", help_text="演示数据 where its points are invented"
    )

    class Meta:
        db_table = "feed"
        constraints = [
            models.UniqueConstraint(
                fields=["tenant_id", "kind", "resource"],
                nulls_distinct=False,
                name="feed_once_a_class_and_resource",
            )
        ]
        indexes = [
            models.Index(fields=["due_at"], condition=~Q(state=FeedState.SILENT.value), name="feed_due")
        ]
