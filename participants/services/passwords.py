"""Choosing a password: by a mailed link, with an invitation, or in place of the old one."""

from uuid import UUID

from django.contrib.auth.password_validation import validate_password
from django.contrib.auth.tokens import default_token_generator
from django.db import transaction
from django.http import HttpRequest

from kernel.actor import Actor
from kernel.errors import InvalidField
from kernel.services.outbox import publish
from participants.domain.mail import NEW_PASSWORD, PASSWORD_CHANGED
from participants.errors import LinkUnknown
from participants.events import PasswordChanged
from participants.models import User
from participants.services.attempts import count_link
from participants.services.invitations import accept_by_link, read_link
from participants.services.mail import send_mail, send_nothing
from participants.services.people import mail_password_link
from participants.services.sessions import end_sessions


@transaction.atomic
def request_password_link(request: HttpRequest, *, email: str) -> None:
    """Mail a link for a new password to a person who has the address; nobody learns whether somebody has.

    Both ways write one row and one job. Raises TooManyAttempts, and Busy without the cache.
    """
    count_link(request, email=email)
    person = User.objects.filter(email=email.strip().lower(), is_active=True).first()
    if person is None:
        send_nothing(letter=NEW_PASSWORD)
    else:
        mail_password_link(user=person, letter=NEW_PASSWORD)


def person_of_link(*, user: UUID, token: str) -> User:
    """Whose link it is. Raises LinkUnknown where it is wrong, used or out of date: the three are one answer."""
    person = User.objects.filter(id=user, is_active=True).first()
    if person is None or not default_token_generator.check_token(person, token):
        raise LinkUnknown
    return person


@transaction.atomic
def set_password_by_link(*, user: UUID, token: str, password: str) -> User:
    """Set the password of whose link it is, and end every session. Raises LinkUnknown, ValidationError."""
    User.objects.select_for_update().filter(id=user).first()  # two uses of one link do not pass each other
    person = person_of_link(user=user, token=token)
    _set(person, password, keep=None)
    return person


@transaction.atomic
def change_password(*, user: User, password: str, keep: str | None) -> None:
    """Set one's own password, whoever checked the old one, and end the other sessions. Raises ValidationError."""
    _set(user, password, keep=keep)


@transaction.atomic
def accept_with_password(*, link: str, name: str, email: str, password: str) -> User:
    """Take the seat of a link; who is new here chooses the password to sign in with.

    Who was known before keeps the password, or asks for a link: an invitation is no way into somebody's account.
    Raises what `accept_by_link` does, InvalidField without a name, and ValidationError.
    """
    if not name and read_link(link).person_is_new:
        raise InvalidField(pointer="/name", reason_zh="请填写姓名。", reason_en="Give your name.")
    member, new = accept_by_link(link=link, name=name, email=email)
    person = member.user
    if new:
        validate_password(password, person)
        person.set_password(password)
        person.save(update_fields=["password"])
    return person


def _set(person: User, password: str, *, keep: str | None) -> None:
    validate_password(password, person)
    person.set_password(password)
    person.save(update_fields=["password"])
    actor = Actor(user_id=person.id)
    end_sessions(user=person, but=keep, actor=actor)
    publish(PasswordChanged(subject=person.id, tenant=None), actor=actor)
    send_mail(to=person, letter=PASSWORD_CHANGED, tenant=None, person=person.name)
