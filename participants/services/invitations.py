"""Inviting people, taking the invitation back, and taking the seat: once, with a token that is shown once."""

import hashlib
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.core import signing
from django.db import transaction
from django.db.models import Q, QuerySet
from django.db.models.functions import Now

from kernel.actor import Actor, Role
from kernel.clock import now
from kernel.errors import InvalidField, StateConflict
from kernel.services.outbox import publish
from participants.domain.duties import require_duties_apart, require_roles_of_kind
from participants.domain.mail import INVITATION
from participants.domain.organisations import OrganisationState
from participants.errors import InvitationUnknown, LinkUnknown, OwnRoles, TooManyInvitations
from participants.events import InvitationWithdrawn, PersonInvited
from participants.models import Invitation, Membership, Organisation, User
from participants.services.credentials import issue_key
from participants.services.mail import send_mail
from participants.services.organisations import FIRST_KEY_FOR, Joined
from participants.services.people import add_member, add_person, require_administrator

VALID_FOR = timedelta(days=7)
MOST_MAILED = (
    100  # of one organisation, open or of the last day: a node is no machine for other people's mail
)
LINK = "participants.invitation"


@transaction.atomic
def invite_person(
    *, organisation: Organisation, email: str, roles: Iterable[str], administers: bool, actor: Actor
) -> tuple[Invitation, str]:
    """Offer a seat; returns the row and the token, which nobody can read again.

    Raises NotAdministrator, OwnRoles for her own address, RoleNotOfKind, DutiesCombined, TooManyInvitations.
    """
    require_administrator(actor)
    if actor.user_id and User.objects.filter(id=actor.user_id, email=email.lower()).exists():
        raise OwnRoles(pointer="/email")
    _require_room(organisation)
    return offer_seat(
        organisation=organisation, email=email, roles=roles, administers=administers, actor=actor
    )


def _require_room(organisation: Organisation) -> None:
    """Raise TooManyInvitations where the organisation has mailed as many as it may; it invites one at a time."""
    Organisation.objects.select_for_update().get(id=organisation.id)
    waiting = Q(accepted_at=None, withdrawn_at=None, expires_at__gt=Now()) | Q(
        created_at__gt=Now() - timedelta(days=1)
    )
    if Invitation.objects.exclude(email="").filter(waiting, organisation=organisation).count() >= MOST_MAILED:
        raise TooManyInvitations(most=MOST_MAILED)


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
            link=invitation_link(row),
        )
    return row, token


@transaction.atomic
def withdraw_invitation(*, invitation: Invitation, actor: Actor) -> Invitation:
    """Offer the seat no more, as an administrator: neither token nor link opens it; again changes nothing.

    Raises NotAdministrator, PersonNeeded, StateConflict for one that was taken: the membership is ended instead.
    """
    require_administrator(actor)
    row = Invitation.objects.select_for_update().get(id=invitation.id)
    if row.accepted_at:
        raise StateConflict(
            state_zh="已接受", state_en="accepted", act="withdraw", allowed_zh="未接受", allowed_en="open"
        )
    if row.withdrawn_at is None:
        row.withdrawn_at = now()
        row.advance("withdrawn_at")
        publish(InvitationWithdrawn(subject=row.id, tenant=row.organisation_id), actor=actor)
    return row


def invitation_link(row: Invitation) -> str:
    """Where the invited person takes the seat: a link of its own, so that who invites, and sees the token, cannot."""
    return f"{settings.NODE_URL}/invitations/{signing.dumps(str(row.id), salt=LINK)}"


@dataclass(frozen=True, slots=True)
class Offer:
    """What an invited person reads before she takes the seat."""

    organisation: str
    roles: tuple[Role, ...]
    email: str
    person_is_new: bool


def read_link(link: str) -> Offer:
    """What the link offers. Raises LinkUnknown where it is wrong, used, withdrawn or out of date."""
    row = _open_seats().filter(id=_id_of(link)).first()
    if row is None:
        raise LinkUnknown
    return Offer(
        organisation=row.organisation.name,
        roles=tuple(Role(role) for role in row.roles),
        email=row.email,
        person_is_new=not (row.email and User.objects.filter(email=row.email).exists()),
    )


def _id_of(link: str) -> str:
    try:
        return str(signing.loads(link, salt=LINK, max_age=VALID_FOR))
    except signing.BadSignature as error:
        raise LinkUnknown from error


def _open_seats() -> QuerySet[Invitation]:
    return (
        Invitation.objects.filter(accepted_at=None, withdrawn_at=None, expires_at__gt=Now())
        .exclude(organisation__state=OrganisationState.CLOSED)
        .select_related("organisation")
    )


@transaction.atomic
def accept_by_link(*, link: str, name: str, email: str) -> tuple[Membership, bool]:
    """Take the seat of a mailed or printed link; the membership, and whether the person is new here.

    Raises LinkUnknown, DutiesCombined, and EmailKnown as `accept_invitation` does.
    """
    row = _open_seats().select_for_update(of=("self",)).filter(id=_id_of(link)).first()
    if row is None:
        raise LinkUnknown
    return _take(row, name, email)


@transaction.atomic
def accept_invitation(*, token: str, name: str, email: str) -> Joined:
    """Take the seat: a person (new, or the one whose address was invited), a membership, a key.

    Raises InvitationUnknown, DutiesCombined, and EmailKnown where the invitation names no address and
    somebody has the one given.
    """
    digest = hashlib.sha256(token.encode()).digest()
    row = _open_seats().select_for_update(of=("self",)).filter(digest=digest).first()
    if row is None:
        raise InvitationUnknown
    member, _ = _take(row, name, email)
    actor = Actor(user_id=member.user_id, tenant_id=row.organisation_id, roles=frozenset(row.roles))
    key, secret = issue_key(
        membership=member, name="first", scopes=["*"], valid_for=FIRST_KEY_FOR, actor=actor
    )
    return Joined(row.organisation, member, key, secret)


def _take(row: Invitation, name: str, email: str) -> tuple[Membership, bool]:
    row.accepted_at = now()
    row.advance("accepted_at")
    person, new = _person(row, name, email)
    member = add_member(
        user=person,
        organisation=row.organisation,
        roles=row.roles,
        administers=row.administers,
        actor=None,
    )
    return member, new


def _person(invitation: Invitation, name: str, email: str) -> tuple[User, bool]:
    if invitation.email:
        known = User.objects.filter(email=invitation.email).first()
        return (known, False) if known else (add_person(email=invitation.email, name=name), True)
    if not email:
        raise InvalidField(
            pointer="/email",
            reason_zh="该邀请未指定邮箱；请填写您的邮箱。",
            reason_en="The invitation names no address; give yours.",
        )
    return add_person(email=email, name=name), True
