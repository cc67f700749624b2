"""Line providers by the keys of their files."""

from collections.abc import Iterable
from uuid import UUID

from scheduling.domain.light import Medium
from scheduling.models import LineProvider, Span


def tenants_by_key(keys: Iterable[str]) -> dict[str, UUID]:
    """Key → the organisation; unknown keys are absent."""
    return dict(LineProvider.objects.filter(key__in=set(keys)).values_list("key", "tenant_id"))


def providers_beyond_silica() -> frozenset[str]:
    """The keys of line providers that have a span of another medium than silica, or of one not disclosed."""
    others = Span.objects.exclude(medium=Medium.SILICA).values("tenant_id")
    return frozenset(LineProvider.objects.filter(tenant_id__in=others).values_list("key", flat=True))
