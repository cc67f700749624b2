"""The code prefixes that were delegated to this node."""

from typing import ClassVar

from django.db import models

from kernel.models.base import Entity


class Prefix(Entity):
    """A prefix of this node; the newest one issues, all of them resolve."""

    public: ClassVar[bool] = True

    prefix = models.CharField(max_length=20, unique=True)
    delegated_by = models.CharField(max_length=6, help_text="GB/T 2260 code of the delegating node")

    class Meta:
        db_table = "prefix"
