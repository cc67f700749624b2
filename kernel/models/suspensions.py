"""Suspensions with their causes: nothing is sellable while any is open."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from kernel.ids import new_id
from kernel.text import Vocabulary


class SuspensionScope(Vocabulary):
    """What a suspension stops (SCHEME §7)."""

    NEW_SALE = "new_sale", "停止新售", "Stop new sale"
    RENEWAL = "renewal", "停止续订", "Stop renewal"
    RUNNING = "running", "停止在运行服务", "Stop running service"


class SuspensionCause(Vocabulary):
    """Why a subject is suspended; each cause has its own issuer and its own way out."""

    INSTRUCTION = "instruction", "监管指令", "Regulatory instruction"
    FINDING = "finding", "安全发现", "Security finding"
    CERTIFICATION = "certification", "认证失效", "Certification lapsed"
    QUALIFICATION = "qualification", "资质暂停", "Qualification suspended"


class Suspension(models.Model):
    """One open or closed suspension of a party or a resource.

    `reference` is the instruction, finding, certification or qualification that opened it: who issued it stands there, and
    nothing else closes it.
    """

    public: ClassVar[bool] = True

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    subject = models.UUIDField()
    cause = models.CharField(max_length=20, choices=SuspensionCause.choices())
    scope = models.CharField(max_length=10, choices=SuspensionScope.choices())
    reference = models.UUIDField()
    opened_at = models.DateTimeField(db_default=Now())
    closed_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "suspension"
        constraints = [
            models.UniqueConstraint(
                fields=["subject", "cause", "reference"],
                condition=Q(closed_at=None),
                name="suspension_once_open_a_reference",
            )
        ]
        indexes = [models.Index(fields=["subject"], condition=Q(closed_at=None), name="suspension_open")]
