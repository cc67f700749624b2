"""Issuing, revoking and noting the use of API keys."""

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now

from kernel.actor import Actor
from kernel.clock import now
from kernel.events import Event
from kernel.services.outbox import publish
from participants.models.credentials import ApiKey
from participants.models.organisations import Membership


@dataclass(frozen=True, kw_only=True)
class ApiKeyIssued(Event):
    """A member got a key; `subject` is the key's id."""

    name: ClassVar[str] = "participants.api_key_issued"

    member: UUID


@dataclass(frozen=True, kw_only=True)
class ApiKeyRevoked(Event):
    """A key ends at once."""

    name: ClassVar[str] = "participants.api_key_revoked"


@transaction.atomic
def issue_key(
    *, membership: Membership, name: str, scopes: Sequence[str], valid_for: timedelta, actor: Actor
) -> tuple[ApiKey, str]:
    """Make a key for a member; returns its row and the key itself, which nobody can read again."""
    prefix = secrets.token_hex(6)
    key = f"cin_{prefix}_{secrets.token_hex(32)}"
    row = ApiKey.objects.create(
        membership=membership,
        name=name,
        prefix=prefix,
        digest=hashlib.sha256(key.encode()).digest(),
        scopes=list(scopes),
        expires_at=now() + valid_for,
    )
    publish(
        ApiKeyIssued(subject=row.id, tenant=membership.organisation_id, member=membership.id), actor=actor
    )
    return row, key


@transaction.atomic
def revoke_key(*, key: ApiKey, actor: Actor) -> None:
    """End a key at once; revoking it again changes nothing."""
    if ApiKey.objects.filter(id=key.id, revoked_at=None).update(
        revoked_at=Now(), generation=F("generation") + 1
    ):
        publish(ApiKeyRevoked(subject=key.id, tenant=key.membership.organisation_id), actor=actor)


def note_use(key: ApiKey) -> None:
    """Keep the time of the last use."""
    ApiKey.objects.filter(id=key.id).update(last_used_at=Now())
