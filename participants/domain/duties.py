"""Which roles a person may hold: those of the organisation's kind, and never two that control each other."""

from collections.abc import Iterable

from kernel.actor import Role
from participants.domain.organisations import ROLES_OF_KIND, OrganisationKind
from participants.errors import DutiesCombined, RoleNotOfKind

# INVARIANTS §7: the operator is three administrators; who supervises or audits is a further person
DUTIES_APART = (
    Role.OPERATOR_SYSTEM,
    Role.OPERATOR_SECURITY,
    Role.OPERATOR_AUDIT,
    Role.REGULATOR,
    Role.SUPPORTING_UNIT,
    Role.READING_AUTHORITY,
    Role.AUDITOR,
)


def require_roles_of_kind(kind: str, roles: Iterable[str]) -> None:
    """Raise RoleNotOfKind where a role is not one that members of the kind may hold, or none is given."""
    allowed = ROLES_OF_KIND[OrganisationKind(kind)]
    if not roles or not allowed.issuperset(roles):
        raise RoleNotOfKind(pointer="/roles", allowed=", ".join(sorted(allowed)))


def require_duties_apart(roles: Iterable[str]) -> None:
    """Raise DutiesCombined where one person's `roles`, in all its organisations, control each other."""
    if len(set(DUTIES_APART).intersection(roles)) > 1:
        raise DutiesCombined
