"""Who must have a second factor: those who run, supervise and audit the node."""

from collections.abc import Iterable

from participants.domain.duties import DUTIES_APART


def needs_second_factor(roles: Iterable[str]) -> bool:
    """Whether a person of these roles, in all her organisations, signs in with a second factor or not at all."""
    return not set(DUTIES_APART).isdisjoint(roles)
