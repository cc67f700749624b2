"""Issuing, rotating, restricting, revoking and noting the use of API keys."""

import hashlib
import secrets
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F, Q
from django.db.models.functions import Now

from kernel.actor import SYSTEM, Actor, Reach
from kernel.clock import now
from kernel.errors import InvalidField
from kernel.permissions import reach_of, scope_covers, table
from kernel.services.outbox import publish
from participants.domain.networks import read_networks
from participants.errors import CredentialEnded, NotYourKey, RotatedAlready, ScopeTooWide
from participants.events import (
    ApiKeyIssued,
    ApiKeyRevoked,
    ApiKeyRotated,
    CredentialExpiring,
    CredentialRestricted,
)
from participants.models import ApiKey, ClientSecret, Membership
from participants.services.people import require_administrator

REMINDED_BEFORE = timedelta(days=14)


@transaction.atomic
def issue_key(
    *,
    membership: Membership,
    name: str,
    scopes: Sequence[str],
    valid_for: timedelta,
    actor: Actor,
    allowed_networks: Sequence[str] = (),
) -> tuple[ApiKey, str]:
    """Make a key for a member; returns its row and the key itself, which nobody can read again.

    Raises InvalidField without a scope (such a key would open nothing) or for what is no network.
    """
    if not scopes:
        raise InvalidField(
            pointer="/scopes",
            reason_zh="至少给出一个范围，否则密钥无法使用任何操作。",
            reason_en="Name at least one scope; a key without any opens nothing.",
        )
    row, key = _new_key(
        membership=membership,
        name=name,
        scopes=list(scopes),
        allowed_networks=read_networks(allowed_networks),
        expires_at=now() + valid_for,
    )
    publish(
        ApiKeyIssued(subject=row.id, tenant=membership.organisation_id, member=membership.id), actor=actor
    )
    return row, key


@transaction.atomic
def issue_own_key(
    *,
    name: str,
    scopes: Sequence[str],
    valid_for: timedelta,
    actor: Actor,
    allowed_networks: Sequence[str] = (),
) -> tuple[ApiKey, str]:
    """Make a further key for the caller itself. Raises ScopeTooWide for more than roles and present key allow.

    Nobody makes a key for somebody else: it would let one person act as two.
    """
    require_scopes_held(scopes, actor)
    return issue_key(
        membership=membership_of(actor),
        name=name,
        scopes=scopes,
        valid_for=valid_for,
        actor=actor,
        allowed_networks=allowed_networks,
    )


@transaction.atomic
def rotate_key(
    *, key: ApiKey, overlap: timedelta, valid_for: timedelta, actor: Actor
) -> tuple[ApiKey, ApiKey, str]:
    """Put a new key of the same scopes and networks in the place of one's own, which ends after the overlap.

    Returns the new row, the old one, and the new key itself. Raises NotYourKey, CredentialEnded, RotatedAlready, or
    ScopeTooWide where the key that asks could not have made this one.
    """
    old = ApiKey.objects.select_for_update(of=("self",)).select_related("membership").get(id=key.id)
    if old.membership.user_id != actor.person:
        raise NotYourKey
    require_scopes_held(old.scopes, actor)
    moment = now()
    if old.revoked_at is not None or old.expires_at <= moment:
        raise CredentialEnded
    if successor := old.successors.filter(revoked_at=None).first():
        raise RotatedAlready(successor=successor.prefix)
    new, secret = _new_key(
        membership=old.membership,
        name=old.name,
        scopes=old.scopes,
        allowed_networks=old.allowed_networks,
        expires_at=moment + valid_for,
        replaces=old,
    )
    old.expires_at = min(old.expires_at, moment + overlap)
    old.advance("expires_at")
    publish(
        ApiKeyRotated(
            subject=new.id,
            tenant=old.membership.organisation_id,
            replaces=old.id,
            overlap_ends=old.expires_at,
        ),
        actor=actor,
    )
    return new, old, secret


@transaction.atomic
def restrict_key(*, key: ApiKey, allowed_networks: Sequence[str], actor: Actor) -> ApiKey:
    """Say from which networks a key may be used: one's own, or as an administrator a colleague's.

    Raises InvalidField for what is no network, NotAdministrator.
    """
    if key.membership.user_id != actor.person:
        require_administrator(actor)
    key.allowed_networks = read_networks(allowed_networks)
    key.advance("allowed_networks")
    publish(
        CredentialRestricted(
            subject=key.id, tenant=key.membership.organisation_id, networks=len(key.allowed_networks)
        ),
        actor=actor,
    )
    return key


@transaction.atomic
def revoke_key(*, key: ApiKey, actor: Actor) -> ApiKey:
    """End a key at once; again changes nothing. Raises NotAdministrator for a colleague's."""
    if key.membership.user_id != actor.person:
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


@transaction.atomic(savepoint=False)  # what anybody may resolve is asked without a transaction
def note_use(row: Any, **further: object) -> None:
    """Keep the time of the last use, unless another call of the same is doing so: calls do not wait for calls."""
    rows = type(row).objects.all()
    free = rows.select_for_update(skip_locked=True).filter(id=row.id)
    rows.filter(id__in=free.values("id")).update(last_used_at=Now(), **further)


@transaction.atomic
def remind_of_ends(kind: type[ApiKey] | type[ClientSecret]) -> int:
    """Announce once of each live secret of a kind that it ends soon and has no successor; returns how many."""
    moment = now()
    due = kind.objects.select_for_update(of=("self",), skip_locked=True).filter(
        Q(expires_at__gt=moment, expires_at__lte=moment + REMINDED_BEFORE),
        Q(created_at__lte=F("expires_at") - REMINDED_BEFORE),  # who makes a key for a day knows it
        revoked_at=None,
        reminded_at=None,
        membership__ended_at=None,
    )
    rows = list(
        due.exclude(successors__revoked_at=None, successors__isnull=False).select_related("membership")
    )
    for row in rows:
        _remind(row, moment)
    return len(rows)


def _remind(row: Any, moment: datetime) -> None:
    row.reminded_at = moment
    row.save(
        update_fields=["reminded_at"]
    )  # no new generation: whoever holds the old one may still change it
    publish(
        CredentialExpiring(
            subject=row.id,
            tenant=row.membership.organisation_id,
            kind=row._meta.db_table,
            member=row.membership_id,
            expires_at=row.expires_at,
        ),
        actor=SYSTEM,
    )


def membership_of(actor: Actor) -> Membership:
    """The membership in which a person acts. Raises PersonNeeded for a machine."""
    assert actor.tenant_id is not None  # noqa: S101 - a person acts in an organisation
    return Membership.objects.get(user_id=actor.person, organisation_id=actor.tenant_id, ended_at=None)


def _new_key(**fields: Any) -> tuple[ApiKey, str]:
    prefix = secrets.token_hex(6)
    key = f"cin_{prefix}_{secrets.token_hex(32)}"
    return ApiKey.objects.create(prefix=prefix, digest=hashlib.sha256(key.encode()).digest(), **fields), key
