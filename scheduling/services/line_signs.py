"""Line products as they were last heard of: by a test of a line that was opened, and by a carrier that said yes."""

from datetime import datetime, timedelta
from uuid import UUID

from identifiers.selectors.profiles import descriptor_profile
from identifiers.services.sightings import note_sightings
from scheduling.models import LineProduct


def note_line(*, provider: UUID, technology: str, sign: str, seen_at: datetime) -> None:
    """A line of the provider's product was heard of: what its identifier resolves to says so for a day."""
    products = LineProduct.objects.filter(provider__tenant_id=provider, technology=technology)
    note_sightings(
        tenant=provider,
        seen=dict.fromkeys(products.values_list("id", flat=True), sign),
        seen_at=seen_at,
        good_until=seen_at + timedelta(hours=descriptor_profile().line_hours),
    )
