"""OAuth 2 clients of an organisation: made, restricted, given new secrets, ended; and the tokens they get."""

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Least, Now

from kernel.actor import Actor
from kernel.clock import now
from kernel.errors import InvalidField
from kernel.services.outbox import publish
from participants import events
from participants.domain.duties import require_roles_of_kind
from participants.domain.networks import read_networks
from participants.errors import CredentialEnded
from participants.models import AccessToken, ClientSecret, Membership, OAuthClient, Organisation
from participants.selectors.clients import live_token, machine_of
from participants.services.credentials import membership_of, require_scopes_held
from participants.services.people import require_administrator

TOKEN_FOR = timedelta(minutes=10)
KEPT_AFTER = timedelta(days=1)


@transaction.atomic
def register_client(
    *,
    organisation: Organisation,
    name: str,
    roles: Sequence[str],
    scopes: Sequence[str],
    allowed_networks: Sequence[str],
    valid_for: timedelta,
    actor: Actor,
) -> tuple[OAuthClient, ClientSecret, str]:
    """Make a machine of the organisation; returns its row, its secret's row, and the secret, shown once.

    Raises NotAdministrator, PersonNeeded, RoleNotOfKind, ScopeTooWide, or InvalidField for roles that its maker has not.
    """
    require_administrator(actor)
    require_roles_of_kind(organisation.kind, roles)
    keeper = membership_of(actor)
    _require_held(roles, scopes, keeper, actor)
    row = OAuthClient.objects.create(
        organisation=organisation,
        name=name,
        roles=sorted(set(roles)),
        scopes=list(scopes),
        allowed_networks=read_networks(allowed_networks),
    )
    secret, text = _new_secret(row, keeper, valid_for)
    publish(events.ClientRegistered(subject=row.id, tenant=organisation.id, member=keeper.id), actor=actor)
    return row, secret, text


@transaction.atomic
def rotate_secret(
    *, client: OAuthClient, overlap: timedelta, valid_for: timedelta, actor: Actor
) -> tuple[ClientSecret, str]:
    """Give the client a new secret, shown once; every other one ends after the overlap.

    Who rotates becomes its keeper, so roles and scopes are within the rotator's too. Returns the row and the secret.
    Raises NotAdministrator, PersonNeeded, ScopeTooWide, InvalidField, CredentialEnded.
    """
    require_administrator(actor)
    row = OAuthClient.objects.select_for_update().get(id=client.id)
    if row.ended_at is not None:
        raise CredentialEnded
    keeper = membership_of(actor)
    _require_held(row.roles, row.scopes, keeper, actor)
    ends = now() + overlap
    before = row.secrets.filter(revoked_at=None, expires_at__gt=Now())
    before.update(expires_at=Least(F("expires_at"), ends), generation=F("generation") + 1)
    latest = row.secrets.order_by("-id").first()
    secret, text = _new_secret(row, keeper, valid_for, replaces=latest)
    publish(
        events.ClientSecretRotated(
            subject=row.id, tenant=row.organisation_id, member=keeper.id, overlap_ends=ends
        ),
        actor=actor,
    )
    return secret, text


@transaction.atomic
def restrict_client(*, client: OAuthClient, allowed_networks: Sequence[str], actor: Actor) -> OAuthClient:
    """Say from which networks the client may call. Raises NotAdministrator, InvalidField for what is no network."""
    require_administrator(actor)
    client.allowed_networks = read_networks(allowed_networks)
    client.advance("allowed_networks")
    event = events.CredentialRestricted(
        subject=client.id, tenant=client.organisation_id, networks=len(client.allowed_networks)
    )
    publish(event, actor=actor)
    return client


@transaction.atomic
def end_client(*, client: OAuthClient, actor: Actor) -> OAuthClient:
    """End a client at once, its secrets and tokens with it; again changes nothing. Raises NotAdministrator."""
    require_administrator(actor)
    if OAuthClient.objects.filter(id=client.id, ended_at=None).update(
        ended_at=Now(), generation=F("generation") + 1
    ):
        publish(events.ClientEnded(subject=client.id, tenant=client.organisation_id), actor=actor)
    client.refresh_from_db()
    return client


@transaction.atomic
def issue_token(*, secret: ClientSecret, text: str, scopes: Sequence[str]) -> AccessToken:
    """Keep the digest of a token that a client is given for one of its secrets."""
    row = AccessToken.objects.create(
        secret=secret,
        digest=hashlib.sha256(text.encode()).digest(),
        scopes=list(scopes),
        expires_at=now() + TOKEN_FOR,
    )
    machine = machine_of(secret, scopes)
    publish(
        events.AccessGranted(subject=row.id, tenant=machine.tenant_id, client=secret.client_id),
        actor=machine,
    )
    return row


@transaction.atomic
def revoke_token(*, client: OAuthClient, text: str) -> None:
    """End one of the client's own tokens; any other text changes nothing (RFC 7009 §2.2)."""
    row = live_token(text)
    if row is None or row.secret.client_id != client.id:
        return
    row.revoked_at = now()
    row.advance("revoked_at")
    machine = machine_of(row.secret, row.scopes)
    publish(events.AccessRevoked(subject=row.id, tenant=machine.tenant_id, client=client.id), actor=machine)


def forget_tokens() -> int:
    """Delete tokens that ended a day ago; returns how many."""
    return AccessToken.objects.filter(expires_at__lt=Now() - KEPT_AFTER).delete()[0]


def _require_held(roles: Sequence[str], scopes: Sequence[str], keeper: Membership, actor: Actor) -> None:
    """Raise InvalidField for a role, or ScopeTooWide for a scope, that the keeper lacks."""
    for at, role in enumerate(roles):
        if role not in keeper.roles or role not in actor.roles:
            raise InvalidField(
                pointer=f"/roles/{at}",
                reason_zh=f"客户端的角色不能超出您的角色：{role}。",
                reason_en=f"A client holds only roles of yours; {role} is none.",
            )
    require_scopes_held(scopes, replace(actor, roles=frozenset(roles)))


def _new_secret(
    client: OAuthClient, keeper: Membership, valid_for: timedelta, *, replaces: ClientSecret | None = None
) -> tuple[ClientSecret, str]:
    text = f"cins_{secrets.token_hex(32)}"
    row = ClientSecret.objects.create(
        client=client,
        membership=keeper,
        digest=hashlib.sha256(text.encode()).digest(),
        expires_at=now() + valid_for,
        replaces=replaces,
    )
    return row, text
