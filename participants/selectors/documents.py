"""Who may open the evidence of an organisation."""

from uuid import UUID

from kernel.actor import Actor, Reach, Role
from kernel.permissions import reach_of
from participants.domain.cases import UNDECIDED
from participants.models import Case

OPERATES = frozenset({Role.OPERATOR_SYSTEM, Role.OPERATOR_SECURITY})


def may_open(organisation: UUID, actor: Actor) -> bool:
    """Whether an actor who sees the organisation's documents may open them; the operator while it has to decide."""
    if reach_of("participants.read_document", actor) is Reach.NONE:
        return False
    undecided = Case.objects.filter(organisation=organisation, state__in=UNDECIDED)
    return not actor.roles & OPERATES or undecided.exists()
