"""The number blocks that this node asked for, was granted, and used."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from identifiers.domain.blocks import BLOCKS, BlockState
from identifiers.models.prefixes import Prefix
from kernel.models.base import Entity


class NumberBlock(Entity):
    """A block of a prefix's numbers, and the one incarnation of the database that may draw from it."""

    public: ClassVar[bool] = True

    prefix = models.ForeignKey(Prefix, models.PROTECT, related_name="blocks")
    number = models.PositiveIntegerField()
    incarnation = models.CharField(max_length=80)
    state = models.CharField(max_length=8, choices=BlockState.choices())

    class Meta:
        db_table = "number_block"
        constraints = [
            models.UniqueConstraint(fields=["prefix", "number"], name="number_block_once"),
            models.UniqueConstraint(
                fields=["prefix"], condition=Q(state=BlockState.OPEN.value), name="number_block_one_open"
            ),
            models.CheckConstraint(condition=Q(number__lt=BLOCKS), name="number_block_in_range"),
        ]
