"""Names of accelerators, for those who ask in other words."""

from aggregation.selectors.profiles import accelerators


def canonical_name(name: str) -> str | None:
    """The dictionary's name for a name or alias; None where the dictionary lacks it."""
    card = accelerators().find(name)
    return card.name if card else None
