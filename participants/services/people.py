"""Making people, changing their roles, and ending what they are members of."""

from collections.abc import Iterable
from uuid import UUID

from django.conf import settings
from django.contrib.auth.tokens import default_token_generator
from django.db import IntegrityError, transaction
from django.db.models import F
from django.db.models.functions import Now

from kernel.actor import Actor
from kernel.errors import InvalidField, NotFound
from kernel.services.outbox import publish
from kernel.text import Letter
from participants.domain.duties import require_duties_apart, require_roles_of_kind
from participants.domain.mail import Tongue
from participants.errors import EmailKnown, LastAdministrator, NotAdministrator, OwnRoles
from participants.events import MemberChanged, MemberJoined, MemberLeft
from participants.models import Membership, Organisation, User
from participants.services.mail import send_mail


def add_person(*, email: str, name: str) -> User:
    """Add a natural person. Raises EmailKnown where somebody has the address: who asks is not signed in."""
    try:
        with transaction.atomic():
            return User.objects.create_user(email=email, name=name)
    except IntegrityError as error:
        raise EmailKnown(pointer="/email") from error


def mail_password_link(
    *, user: User, letter: Letter, tenant: UUID | None = None, organisation: str = ""
) -> None:
    """Write to a person with a link under which she chooses a password; it works once, for a day."""
    link = f"{settings.NODE_URL}/password/{user.id}/{default_token_generator.make_token(user)}"
    send_mail(to=user, letter=letter, tenant=tenant, person=user.name, link=link, organisation=organisation)


@transaction.atomic
def add_member(
    *, user: User, organisation: Organisation, roles: Iterable[str], administers: bool, actor: Actor | None
) -> Membership:
    """Make a person a member, or give a member these roles; who joins unasked is its own actor.

    Raises RoleNotOfKind, LastAdministrator where nobody would administer any more, or DutiesCombined where the
    person's roles anywhere control each other.
    """
    granted = sorted(set(roles))
    require_roles_of_kind(organisation.kind, granted)
    User.objects.select_for_update().get(id=user.id)  # two joinings of one person do not pass each other
    Organisation.objects.select_for_update().get(id=organisation.id)  # nor does anybody leave meanwhile
    elsewhere = Membership.objects.filter(user=user, ended_at=None).exclude(organisation=organisation)
    require_duties_apart([*granted, *(role for held in elsewhere for role in held.roles)])
    row, new = Membership.objects.get_or_create(
        user=user,
        organisation=organisation,
        ended_at=None,
        defaults={"roles": granted, "administers": administers},
    )
    if not new:
        if not administers:
            _require_another_administrator(row)
        row.roles, row.administers = granted, administers
        row.advance("roles", "administers")
    joined = Actor(user_id=user.id, tenant_id=organisation.id, roles=frozenset(granted))
    publish(
        MemberJoined(subject=row.id, tenant=organisation.id, user=user.id, roles=tuple(granted)),
        actor=actor or joined,
    )
    return row


@transaction.atomic
def change_member(
    *, membership: Membership, roles: Iterable[str], administers: bool, actor: Actor
) -> Membership:
    """Give a colleague these roles in the place of the old ones, at once; what her keys may do follows.

    Raises NotAdministrator, OwnRoles for one's own, NotFound for a member who has left, RoleNotOfKind, DutiesCombined.
    """
    User.objects.select_for_update().get(id=membership.user_id)  # nobody gives her a duty elsewhere meanwhile
    Organisation.objects.select_for_update().get(id=membership.organisation_id)  # nor unseats who asks
    require_administrator(actor)
    if membership.user_id == actor.user_id:
        raise OwnRoles
    if membership.ended_at is not None:
        raise NotFound
    granted = sorted(set(roles))
    require_roles_of_kind(membership.organisation.kind, granted)
    elsewhere = Membership.objects.filter(user=membership.user_id, ended_at=None).exclude(id=membership.id)
    require_duties_apart([*granted, *(role for held in elsewhere for role in held.roles)])
    membership.roles, membership.administers = granted, administers
    membership.advance("roles", "administers")
    publish(
        MemberChanged(
            subject=membership.id,
            tenant=membership.organisation_id,
            roles=tuple(granted),
            administers=administers,
        ),
        actor=actor,
    )
    return membership


def find_person(*, email: str) -> User | None:
    """The person who has the address."""
    return User.objects.filter(email=email.strip().lower()).first()


def choose_language(*, user: User, language: str) -> None:
    """Write to the person in this language from now on. Raises InvalidField for one that there is not."""
    if language not in Tongue.codes():
        raise InvalidField(
            pointer="/language", reason_zh="没有这种语言。", reason_en="There is no such language."
        )
    User.objects.filter(id=user.id).update(language=language)


@transaction.atomic
def end_membership(*, membership: Membership, actor: Actor) -> None:
    """End a membership and its keys. Raises NotAdministrator for another's, LastAdministrator for the last one."""
    Organisation.objects.select_for_update().get(id=membership.organisation_id)
    if membership.user_id != actor.user_id:
        require_administrator(actor)
    _require_another_administrator(membership)
    row = Membership.objects.filter(id=membership.id, ended_at=None)
    if row.update(ended_at=Now(), generation=F("generation") + 1):
        publish(MemberLeft(subject=membership.id, tenant=membership.organisation_id), actor=actor)


def _require_another_administrator(membership: Membership) -> None:
    """Raise LastAdministrator where nobody else administers; the caller holds the organisation's row."""
    others = Membership.objects.filter(
        organisation_id=membership.organisation_id, administers=True, ended_at=None
    ).exclude(id=membership.id)
    if membership.administers and not others.exists():
        raise LastAdministrator


def require_administrator(actor: Actor) -> None:
    """Raise NotAdministrator unless the actor administers its own organisation, PersonNeeded for a machine."""
    person = actor.person
    assert actor.tenant_id is not None  # noqa: S101 - members act here
    mine = Membership.objects.filter(user_id=person, organisation_id=actor.tenant_id, ended_at=None)
    if not mine.filter(administers=True).exists():
        raise NotAdministrator
