"""What a carrier may take off the market: the row says so, and stays."""

from typing import Self, TypeVar

from django.db import models
from django.db.models import Q

from kernel.models.base import Entity, EntityQuerySet
from scheduling.domain.withdrawals import SaleState

W_co = TypeVar("W_co", bound="Withdrawable", covariant=True)


class WithdrawableQuerySet(EntityQuerySet[W_co]):
    """Rows, and those of them that are on the market."""

    def listed(self) -> Self:
        """Those that nobody has withdrawn."""
        return self.filter(state=SaleState.LISTED)


class Withdrawable(Entity):
    """A row that is on the market until it is withdrawn, once and for ever: when, and why."""

    state = models.CharField(
        max_length=10,
        choices=SaleState.choices(),
        default=SaleState.LISTED.value,
        db_default=SaleState.LISTED.value,
    )
    withdrawn_at = models.DateTimeField(null=True)
    withdrawal_reason = models.CharField(max_length=500, blank=True, default="", db_default="")

    objects = WithdrawableQuerySet.as_manager()  # type: ignore[misc] # the base has a manager of the base queryset

    class Meta:
        abstract = True
        constraints = [
            models.CheckConstraint(
                condition=Q(state=SaleState.LISTED.value, withdrawn_at=None)
                | Q(state=SaleState.WITHDRAWN.value, withdrawn_at__isnull=False),
                name="%(class)s_withdrawn_at_a_time",
            )
        ]

    @property
    def is_withdrawn(self) -> bool:
        """Whether its carrier took it off the market."""
        return self.state == SaleState.WITHDRAWN
