"""Line providers by the keys of their files."""

from collections.abc import Iterable
from uuid import UUID

from django.db.models import Q

from scheduling.domain.evidence import EvidenceState
from scheduling.domain.light import Medium
from scheduling.models import LatencyEvidence, LineProvider, Span


def tenants_by_key(keys: Iterable[str]) -> dict[str, UUID]:
    """Key → the organisation; unknown keys are absent."""
    return dict(LineProvider.objects.filter(key__in=set(keys)).values_list("key", "tenant_id"))


def providers_beyond_silica() -> frozenset[str]:
    """The keys of line providers that have a span of another medium than silica, or of one not disclosed.

    What evidence says of a span's medium counts too, and what the supervision accepted below the bound of silica.
    """
    others = Span.objects.exclude(medium=Medium.SILICA).values("tenant_id")
    hollow = Q(medium=Medium.HOLLOW_CORE) | Q(review__decision=EvidenceState.ACCEPTED)
    shown = LatencyEvidence.objects.filter(hollow).values("tenant_id")
    found = LineProvider.objects.filter(Q(tenant_id__in=others) | Q(tenant_id__in=shown))
    return frozenset(found.values_list("key", flat=True))
