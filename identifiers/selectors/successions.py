"""What goes on in the place of identifiers that ended."""

from collections.abc import Iterable
from uuid import UUID

from identifiers.models import Succession


def successors_of(identifiers: Iterable[UUID]) -> dict[UUID, tuple[str, ...]]:
    """Identifier → codes of those that followed it, in order; absent where none did. One query."""
    rows = Succession.objects.filter(predecessor__in=set(identifiers)).order_by("successor__code")
    found: dict[UUID, tuple[str, ...]] = {}
    for before, code in rows.values_list("predecessor_id", "successor__code"):
        found[before] = (*found.get(before, ()), code or "")
    return found
