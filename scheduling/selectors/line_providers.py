"""Line providers by the keys of their files."""

from collections.abc import Iterable
from uuid import UUID

from scheduling.models import LineProvider


def tenants_by_key(keys: Iterable[str]) -> dict[str, UUID]:
    """Key → the organisation; unknown keys are absent."""
    return dict(LineProvider.objects.filter(key__in=set(keys)).values_list("key", "tenant_id"))


def keys_of(tenants: Iterable[UUID]) -> list[str]:
    """The keys of the line providers that are these organisations, in order."""
    return list(
        LineProvider.objects.filter(tenant_id__in=set(tenants)).order_by("key").values_list("key", flat=True)
    )
