"""From a signed-in person to the actor that she is now, and what she signs in with."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from allauth.mfa.models import Authenticator
from django.db.models import QuerySet
from django.db.models.functions import Now

from kernel.actor import Actor, Role
from participants.domain.organisations import OrganisationKind, OrganisationState
from participants.domain.second_factor import needs_second_factor
from participants.models import ApiKey, Membership, Session, User
from participants.selectors.mandates import given_by, operations_given


@dataclass(frozen=True, slots=True)
class Seat:
    """One of a person's organisations, and what she is there."""

    membership: UUID
    organisation: UUID
    name: str
    kind: OrganisationKind
    roles: tuple[Role, ...]
    administers: bool


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A person with a session: who she acts as now, her seats, and whether she must enrol a second factor."""

    user: User
    actor: Actor
    seats: tuple[Seat, ...]
    current: Seat | None
    must_enrol: bool


@dataclass(frozen=True, slots=True)
class Credential:
    """Something that a person signs in with, and its last use."""

    id: str
    name: str
    created_at: datetime
    last_used_at: datetime | None
    expires_at: datetime | None
    current: bool = False
    note: str = ""


def signed_in(*, user: User, session: Any) -> SignedIn:
    """The person behind a session, within the membership that it names, else her oldest.

    Without the second factor that her roles ask for, the actor is nobody.
    """
    rows = list(
        Membership.objects.filter(user=user, ended_at=None, user__is_active=True)
        .exclude(organisation__state=OrganisationState.CLOSED)
        .select_related("organisation")
        .annotate(mandate=operations_given("organisation_id"), mandator=given_by("organisation_id"))
        .order_by("id")
    )
    chosen = str(session.get("membership", ""))
    now = next((row for row in rows if str(row.id) == chosen), rows[0] if rows else None)
    roles = [role for row in rows for role in row.roles]
    must_enrol = needs_second_factor(roles) and session.get("second_factor") != str(user.id)
    actor = Actor(
        user_id=user.id,
        tenant_id=now.organisation_id if now else None,
        roles=frozenset(now.roles if now and not must_enrol else ()),
        scopes=frozenset({"*"}),
        mandate=frozenset(now.mandate if now and not must_enrol else ()),
        mandator=now.mandator if now else None,
    )
    seats = {row.id: _seat(row) for row in rows}
    return SignedIn(user, actor, tuple(seats.values()), seats[now.id] if now else None, must_enrol)


def _seat(row: Membership) -> Seat:
    return Seat(
        membership=row.id,
        organisation=row.organisation_id,
        name=row.organisation.name,
        kind=OrganisationKind(row.organisation.kind),
        roles=tuple(Role(role) for role in row.roles),
        administers=row.administers,
    )


def sessions_of(user: User, *, current: str | None) -> list[Credential]:
    """The person's live sessions, the last used first."""
    live: QuerySet[Session] = Session.objects.filter(user=user, expire_date__gt=Now())
    return [
        Credential(
            id=str(row.public_id),
            name=row.agent,
            created_at=row.created_at,
            last_used_at=row.last_used_at,
            expires_at=row.expire_date,
            current=row.session_key == current,
        )
        for row in live.order_by("-last_used_at")[:100]
    ]


def keys_of(user: User) -> list[Credential]:
    """The person's live API keys in all her organisations, the newest first."""
    live = ApiKey.objects.filter(
        membership__user=user, membership__ended_at=None, revoked_at=None, expires_at__gt=Now()
    )
    return [
        Credential(
            id=str(row.id),
            name=row.name,
            created_at=row.created_at,
            last_used_at=row.last_used_at,
            expires_at=row.expires_at,
            note=f"cin_{row.prefix}_…",
        )
        for row in live.order_by("-id")[:100]
    ]


def second_factor_of(user: User) -> Credential | None:
    """The person's authenticator app; None before she enrolled one."""
    row = Authenticator.objects.filter(user=user, type=Authenticator.Type.TOTP).first()
    if row is None:
        return None
    return Credential(
        id=str(row.pk), name="TOTP", created_at=row.created_at, last_used_at=row.last_used_at, expires_at=None
    )
