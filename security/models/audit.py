"""The audit log's tree, and the checkpoints that bind it."""

from typing import ClassVar

from django.db import models

from kernel.models.base import Entity


class LogNode(models.Model):
    """The hash of one complete subtree over the events in their order; leaf `index` is position `index` + 1. Insert-only."""

    public: ClassVar[bool] = True

    pk = models.CompositePrimaryKey("level", "index")
    level = models.PositiveSmallIntegerField()
    index = models.BigIntegerField()
    hash = models.BinaryField()

    class Meta:
        db_table = "log_node"


class Checkpoint(Entity):
    """What the log was at one time: size, root and the signed text that says so. Insert-only."""

    public: ClassVar[bool] = True

    size = models.BigIntegerField(unique=True)
    root = models.CharField(max_length=64)
    text = models.TextField(help_text="the signed bytes: origin, size, root in base64, time, a line each")
    key_id = models.CharField(max_length=64)
    signature = models.CharField(max_length=128, help_text="base64")

    class Meta:
        db_table = "checkpoint"
