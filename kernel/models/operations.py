"""Operations: what was asked for and runs later, and what came of it."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from kernel.models.base import Entity
from kernel.states import StateTable
from kernel.text import Vocabulary


class OperationState(Vocabulary):
    """How far an operation has come."""

    WAITING = "waiting", "等待执行", "Waiting"
    RUNNING = "running", "执行中", "Running"
    SUCCEEDED = "succeeded", "已完成", "Succeeded"
    FAILED = "failed", "失败", "Failed"
    CANCELLED = "cancelled", "已取消", "Cancelled"


LIFE = StateTable(
    states=OperationState,
    initial=OperationState.WAITING,
    acts={
        "start": (
            frozenset(
                {OperationState.WAITING, OperationState.RUNNING}
            ),  # again, after a worker that was lost
            OperationState.RUNNING,
        ),
        "finish": (frozenset({OperationState.RUNNING}), OperationState.SUCCEEDED),
        "fail": (frozenset({OperationState.RUNNING}), OperationState.FAILED),
        "cancel": (frozenset({OperationState.WAITING}), OperationState.CANCELLED),
    },
)


class Operation(Entity):
    """A request that is answered later: kept until it is done, its answer kept until `expires_at`."""

    tenant_field: ClassVar[str] = "tenant_id"

    tenant_id = models.UUIDField()
    kind = models.CharField(max_length=80, help_text="operation id of the request")
    state = models.CharField(
        max_length=10, choices=OperationState.choices(), default=OperationState.WAITING.value
    )
    actor = models.JSONField(help_text="who asked, with the roles and scopes of then")
    method = models.CharField(max_length=6)
    path = models.CharField(max_length=300)
    query = models.TextField(blank=True)
    content_type = models.CharField(max_length=100, blank=True)
    language = models.CharField(max_length=10)
    body = models.BinaryField(help_text="as it came; emptied when it is done")
    attempts = models.PositiveSmallIntegerField(default=0)
    status = models.PositiveSmallIntegerField(null=True, help_text="HTTP status of the answer")
    location = models.CharField(max_length=300, blank=True)
    result = models.JSONField(null=True)
    problem = models.JSONField(null=True)
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField()

    class Meta:
        db_table = "operation"
        indexes = [models.Index(fields=["tenant_id", "-id"], name="operation_of_tenant")]
        constraints = [
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True)
                | Q(state__in=[OperationState.SUCCEEDED, OperationState.FAILED, OperationState.CANCELLED]),
                name="operation_ends_once_done",
            ),
            models.CheckConstraint(
                condition=Q(problem__isnull=False) | ~Q(state=OperationState.FAILED.value),
                name="operation_fails_with_reason",
            ),
        ]
