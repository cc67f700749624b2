"""Ending a tenant's credentials that are misused: two administrators of the operator, since the tenant is not asked."""

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
from participants.events import ApiKeyRevoked, ClientEnded
from participants.models import ApiKey, OAuthClient, Organisation

KIND = "participants.key_revocation"


@transaction.atomic
def propose_key_revocation(
    *,
    organisation: Organisation,
    prefixes: Sequence[str],
    clients: Sequence[UUID],
    reason: str,
    actor: Actor,
) -> Proposal:
    """Ask a second administrator to end keys (by prefix) and OAuth clients (by id) of an organisation.

    Raises InvalidField for one that the organisation has not, or where nothing is named.
    """
    keys = ApiKey.objects.filter(membership__organisation=organisation, prefix__in=prefixes)
    machines = OAuthClient.objects.filter(organisation=organisation, id__in=clients)
    known = {*keys.values_list("prefix", flat=True), *machines.values_list("id", flat=True)}
    if not prefixes and not clients:
        raise InvalidField(
            pointer="/prefixes",
            reason_zh="请在 prefixes 中列出密钥前缀，或在 clients 中列出客户端编号。",
            reason_en="Name keys by prefix in prefixes, or OAuth clients by id in clients.",
        )
    for at, prefix in enumerate(prefixes):
        if prefix not in known:
            raise InvalidField(
                pointer=f"/prefixes/{at}",
                reason_zh="该主体没有此前缀的密钥；前缀是密钥 cin_ 之后的 12 位。",
                reason_en="The organisation has no key of this prefix: the twelve characters after cin_.",
            )
    for at, client in enumerate(clients):
        if client not in known:
            raise InvalidField(
                pointer=f"/clients/{at}",
                reason_zh="该主体没有此编号的客户端；编号即审计事件中的 actor_client。",
                reason_en="The organisation has no client of this id: the actor_client of audit events.",
            )
    terms = {
        "prefixes": sorted({*prefixes}),
        "clients": sorted({str(client) for client in clients}),
        "reason": reason,
    }
    return propose_act(kind=KIND, subject=organisation.id, terms=terms, actor=actor)


@four_eyes(KIND, operation="participants.propose_key_revocation")
@transaction.atomic
def revoke_foreign_keys(subject: UUID, terms: dict[str, Any], actor: Actor) -> None:
    """End the named keys and clients of organisation `subject`, once a second person has approved."""
    keys = ApiKey.objects.select_for_update(of=("self",)).filter(
        membership__organisation=subject, prefix__in=terms["prefixes"], revoked_at=None
    )
    for key in keys.order_by("id"):
        ApiKey.objects.filter(id=key.id).update(revoked_at=Now(), generation=F("generation") + 1)
        publish(ApiKeyRevoked(subject=key.id, tenant=subject), actor=actor)
    clients = OAuthClient.objects.select_for_update().filter(
        organisation=subject, id__in=terms["clients"], ended_at=None
    )
    for client in clients.order_by("id"):
        OAuthClient.objects.filter(id=client.id).update(ended_at=Now(), generation=F("generation") + 1)
        publish(ClientEnded(subject=client.id, tenant=subject), actor=actor)
