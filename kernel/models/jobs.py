"""Pending work as rows: Celery only rings the bell, a lease with a fence says who works."""

from typing import ClassVar

from django.db import models
from django.db.models.functions import Now

from kernel.ids import new_id


class Job(models.Model):
    """One piece of work: a registered name and ids, due at `run_at`, held by a lease while it runs.

    A `lane` is who is called by it: of one lane one job is done at a time, beside those of the node itself, which have none.
    """

    public: ClassVar[bool] = True

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    name = models.CharField(max_length=100)
    key = models.CharField(max_length=200, null=True, unique=True)  # noqa: DJ001 - many jobs have none
    args = models.JSONField(default=dict)
    lane = models.UUIDField(null=True)
    run_at = models.DateTimeField(db_default=Now())
    attempts = models.PositiveSmallIntegerField(default=0)
    fence = models.UUIDField(null=True)
    lease_until = models.DateTimeField(null=True)
    done_at = models.DateTimeField(null=True)
    dead_at = models.DateTimeField(null=True)
    error = models.TextField(blank=True)

    class Meta:
        db_table = "job"
        indexes = [
            models.Index(
                fields=["run_at"], condition=models.Q(done_at=None, dead_at=None, lane=None), name="job_due"
            ),
            models.Index(
                fields=["lane", "run_at"],
                condition=models.Q(done_at=None, dead_at=None, lane__isnull=False),
                name="job_call_due",
            ),
        ]
