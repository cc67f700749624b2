"""Replies that were given, so that a retry gets the same one."""

from typing import ClassVar

from django.db import models
from django.db.models.functions import Now


class StoredReply(models.Model):
    """The committed 2xx answer to one (tenant, key): bytes and headers, replayed for ever the same."""

    tenant_field: ClassVar[str] = "tenant_id"
    public: ClassVar[bool] = False

    id = models.BigAutoField(primary_key=True)
    tenant_id = models.UUIDField()
    key = models.CharField(max_length=200)
    fingerprint = models.BinaryField()
    status = models.PositiveSmallIntegerField()
    headers = models.JSONField()
    body = models.BinaryField()
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "stored_reply"
        constraints = [models.UniqueConstraint(fields=["tenant_id", "key"], name="stored_reply_once_a_key")]
