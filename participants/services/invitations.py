"""Inviting people, and taking the seat: once, with a token that is shown once."""

import hashlib
import secrets
from collections.abc import Iterable
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models.functions import Now

from kernel.actor import Actor, Role
from kernel.clock import now
from kernel.errors import InvalidField
from kernel.services.outbox import publish
from participants.domain.duties import require_duties_apart, require_roles_of_kind
from participants.domain.mail import INVITATION
from participants.domain.organisations import OrganisationState
from participants.errors import InvitationUnknown
from participants.events import PersonInvited
from participants.models import Invitation, Organisation, User
from participants.services.credentials import issue_key
from participants.services.mail import send_mail
from participants.services.organisations import FIRST_KEY_FOR, Joined
from participants.services.people import add_member, add_person, require_administrator

VALID_FOR = timedelta(days=7)


@transaction.atomic
def invite_person(
    *, organisation: Organisation, email: str, roles: Iterable[str], administers: bool, actor: Actor
) -> tuple[Invitation, str]:
    """Offer a seat; returns the row and the token, which nobody can read again.

    Raises NotAdministrator, RoleNotOfKind, DutiesCombined.
    """
    require_administrator(actor)
    return offer_seat(
        organisation=organisation, email=email, roles=roles, administers=administers, actor=actor
    )


@transaction.atomic
def offer_seat(
    *, organisation: Organisation, email: str, roles: Iterable[str], administers: bool, actor: Actor
) -> tuple[Invitation, str]:
    """Write an invitation for seven days; the node's first people are invited by the node itself."""
    granted = sorted(set(roles))
    require_roles_of_kind(organisation.kind, granted)
    require_duties_apart(granted)
    token = secrets.token_urlsafe(32)
    row = Invitation.objects.create(
        organisation=organisation,
        email=email.lower(),
        roles=granted,
        administers=administers,
        digest=hashlib.sha256(token.encode()).digest(),
        expires_at=now() + VALID_FOR,
    )
    publish(PersonInvited(subject=row.id, tenant=organisation.id, roles=tuple(granted)), actor=actor)
    if row.email:
        send_mail(
            to=row.email,
            letter=INVITATION,
            tenant=organisation.id,
            organisation=organisation.name,
            roles_zh="、".join(Role(role).label.zh for role in granted),
            roles_en=", ".join(Role(role).label.en for role in granted),
            link=invitation_link(token),
        )
    return row, token


def invitation_link(token: str) -> str:
    """Where the invited person takes the seat."""
    return f"{settings.NODE_URL}/invitations/{token}"


@transaction.atomic
def accept_invitation(*, token: str, name: str, email: str) -> Joined:
    """Take the seat: a person (new, or the one whose address was invited), a membership, a key.

    Raises InvitationUnknown, DutiesCombined, and EmailKnown where the invitation names no address and
    somebody has the one given.
    """
    row = (
        Invitation.objects.select_for_update(of=("self",))
        .filter(digest=hashlib.sha256(token.encode()).digest(), accepted_at=None, expires_at__gt=Now())
        .exclude(organisation__state=OrganisationState.CLOSED)
        .select_related("organisation")
        .first()
    )
    if row is None:
        raise InvitationUnknown
    row.accepted_at = now()
    row.advance("accepted_at")
    person = _person(row, name, email)
    member = add_member(
        user=person,
        organisation=row.organisation,
        roles=row.roles,
        administers=row.administers,
        actor=None,
    )
    actor = Actor(user_id=person.id, tenant_id=row.organisation_id, roles=frozenset(row.roles))
    key, secret = issue_key(
        membership=member, name="first", scopes=["*"], valid_for=FIRST_KEY_FOR, actor=actor
    )
    return Joined(row.organisation, member, key, secret)


def _person(invitation: Invitation, name: str, email: str) -> User:
    if invitation.email:
        return User.objects.filter(email=invitation.email).first() or add_person(
            email=invitation.email, name=name
        )
    if not email:
        raise InvalidField(
            pointer="/email",
            reason_zh="该邀请未指定邮箱；请填写您的邮箱。",
            reason_en="The invitation names no address; give yours.",
        )
    return add_person(email=email, name=name)
