"""Ending keys of a tenant that are misused: two administrators of the operator, since the tenant is not asked."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now

from kernel.actor import Actor
from kernel.errors import InvalidField
from kernel.models.proposals import Proposal
from kernel.proposals import four_eyes
from kernel.services.outbox import publish
from kernel.services.proposals import propose_act
from participants.events import ApiKeyRevoked
from participants.models import ApiKey, Organisation

KIND = "participants.key_revocation"


@transaction.atomic
def propose_key_revocation(
    *, organisation: Organisation, prefixes: Sequence[str], reason: str, actor: Actor
) -> Proposal:
    """Ask a second administrator to end keys of an organisation. Raises InvalidField for a prefix that none has."""
    known = set(
        ApiKey.objects.filter(membership__organisation=organisation, prefix__in=prefixes).values_list(
            "prefix", flat=True
        )
    )
    for at, prefix in enumerate(prefixes):
        if prefix not in known:
            raise InvalidField(
                pointer=f"/prefixes/{at}",
                reason_zh="该主体没有此前缀的密钥；前缀是密钥 cin_ 之后的 12 位。",
                reason_en="The organisation has no key of this prefix: the twelve characters after cin_.",
            )
    terms = {"prefixes": sorted(known), "reason": reason}
    return propose_act(kind=KIND, subject=organisation.id, terms=terms, actor=actor)


@four_eyes(KIND, operation="participants.propose_key_revocation")
@transaction.atomic
def revoke_foreign_keys(subject: UUID, terms: dict[str, Any], actor: Actor) -> None:
    """End the named keys of organisation `subject`, once a second person has approved."""
    rows = ApiKey.objects.select_for_update(of=("self",)).filter(
        membership__organisation=subject, prefix__in=terms["prefixes"], revoked_at=None
    )
    for row in rows.order_by("id"):
        ApiKey.objects.filter(id=row.id).update(revoked_at=Now(), generation=F("generation") + 1)
        publish(ApiKeyRevoked(subject=row.id, tenant=subject), actor=actor)
