"""Whom maintenance is in the way of."""

from uuid import UUID

from django.db.models.functions import Now

from scheduling.models import BookingConflict


def has_conflict(bundle: UUID) -> bool:
    """Whether what a bundle claims is in conflict with maintenance that is not over."""
    mine = BookingConflict.objects.filter(bundle=bundle, closed_at=None)
    return mine.filter(maintenance__end__gt=Now()).exists()
