"""Issuing, revoking and noting the use of API keys."""

import hashlib
import secrets
from collections.abc import Iterable, Sequence
from datetime import timedelta

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now

from kernel.actor import Actor, Reach
from kernel.clock import now
from kernel.errors import InvalidField
from kernel.permissions import reach_of, scope_covers, table
from kernel.services.outbox import publish
from participants.errors import ScopeTooWide
from participants.events import ApiKeyIssued, ApiKeyRevoked
from participants.models import ApiKey, Membership
from participants.services.people import require_administrator


@transaction.atomic
def issue_key(
    *, membership: Membership, name: str, scopes: Sequence[str], valid_for: timedelta, actor: Actor
) -> tuple[ApiKey, str]:
    """Make a key for a member; returns its row and the key itself, which nobody can read again.

    A key overlaps with the member's others until each expires or is revoked, so rotation needs no pause.
    Raises InvalidField without a scope: such a key would open nothing.
    """
    if not scopes:
        raise InvalidField(
            pointer="/scopes",
            reason_zh="至少给出一个范围，否则密钥无法使用任何操作。",
            reason_en="Name at least one scope; a key without any opens nothing.",
        )
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
def issue_own_key(
    *, name: str, scopes: Sequence[str], valid_for: timedelta, actor: Actor
) -> tuple[ApiKey, str]:
    """Make a further key for the caller itself. Raises ScopeTooWide for more than roles and present key allow.

    Nobody makes a key for somebody else: it would let one person act as two.
    """
    require_scopes_held(scopes, actor)
    assert actor.user_id and actor.tenant_id  # noqa: S101, PT018 - members act here
    member = Membership.objects.get(user_id=actor.user_id, organisation_id=actor.tenant_id, ended_at=None)
    return issue_key(membership=member, name=name, scopes=scopes, valid_for=valid_for, actor=actor)


@transaction.atomic
def revoke_key(*, key: ApiKey, actor: Actor) -> ApiKey:
    """End a key at once; again changes nothing. Raises NotAdministrator for a colleague's."""
    if key.membership.user_id != actor.user_id:
        require_administrator(actor)
    if ApiKey.objects.filter(id=key.id, revoked_at=None).update(
        revoked_at=Now(), generation=F("generation") + 1
    ):
        publish(ApiKeyRevoked(subject=key.id, tenant=key.membership.organisation_id), actor=actor)
    key.refresh_from_db()
    return key


def require_scopes_held(scopes: Iterable[str], actor: Actor) -> None:
    """Raise ScopeTooWide at the first scope that the actor's key, or its roles by the permission table, lack."""
    for at, scope in enumerate(scopes):
        opens = any(
            scope_covers(frozenset({scope}), operation) and reach_of(operation, actor) is not Reach.NONE
            for operation in table()
        )
        if not opens or not scope_covers(actor.scopes, scope):
            raise ScopeTooWide(pointer=f"/scopes/{at}", scope=scope)


def note_use(key: ApiKey) -> None:
    """Keep the time of the last use, unless another call of the key is doing so: calls do not wait for calls."""
    free = ApiKey.objects.select_for_update(skip_locked=True).filter(id=key.id)
    ApiKey.objects.filter(id__in=free.values("id")).update(last_used_at=Now())
