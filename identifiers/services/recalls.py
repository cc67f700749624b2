"""Letting identifiers stand again that this node issued and forgot, because its database was restored to an earlier moment."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from identifiers import events
from identifiers.domain.descriptors import marking_in
from identifiers.domain.lifecycle import OVER, IdentifierKind, IdentifierState
from identifiers.models import Descriptor, Identifier, IssuedCode
from kernel.actor import SYSTEM
from kernel.ids import new_id
from kernel.services.outbox import publish
from kernel.shelves import strike


@transaction.atomic
def take_back_filed(
    *,
    code: str,
    kind: str,
    owner: UUID,
    subject: UUID | None,
    descriptor: tuple[int, str, dict[str, Any]],
    state: str,
    receipt: str,
    filed_at: datetime,
) -> UUID:
    """Let an identifier stand as its filing at the upstream says; its id. No state leaves the one that it has.

    A code is for ever (INVARIANTS D1, D2): where the application is still here it gets its code, where its resource is
    gone or carries another code meanwhile it stands for none, and the supervision decides.
    """
    row = Identifier.objects.select_for_update().filter(code=code).first()
    if row is None:
        row = _waiting(owner, subject) or Identifier(tenant_id=owner, kind=IdentifierKind(kind).value)
        if row._state.adding:  # noqa: SLF001 - Django's documented flag
            row.subject = new_id() if subject is None or _carries_another(owner, subject) else subject
        row.code, row.filing, row.filed_at = code, receipt, filed_at
    elif not row.filing:
        row.filing, row.filed_at = receipt, filed_at
    version, profile, attributes = descriptor
    row.tenant_id, row.state, row.marking = owner, state or row.state, marking_in(attributes)
    row.generation += 1
    row.save()
    strike(code)  # it may have been denied meanwhile
    IssuedCode.objects.get_or_create(code=code, defaults={"identifier": row})
    Descriptor.objects.get_or_create(
        identifier=row, version=version, defaults={"profile": profile, "attributes": attributes}
    )
    publish(
        events.IdentifierTakenBack(subject=row.id, tenant=row.tenant_id, code=code, state=row.state),
        actor=SYSTEM,
    )
    return row.id


def _waiting(owner: UUID, subject: UUID | None) -> Identifier | None:
    if subject is None:
        return None
    rows = Identifier.objects.select_for_update().filter(tenant_id=owner, subject=subject, code=None)
    return rows.exclude(state=IdentifierState.REFUSED.value).first()


def _carries_another(owner: UUID, subject: UUID) -> bool:
    rows = Identifier.objects.filter(tenant_id=owner, subject=subject)
    return rows.exclude(state__in=[each.value for each in OVER]).exists()
