"""Writing a mail in the transaction of its act, sending it by a job, and forgetting what it said."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.db.models import F, Q
from django.db.models.functions import Now

from kernel.actor import SYSTEM, Role
from kernel.clock import now
from kernel.services.jobs import enqueue_job
from kernel.services.outbox import publish
from kernel.text import Letter
from participants.domain.mail import Tongue, written
from participants.events import MailDropped, MailSent
from participants.models import Mail, Membership, User

SENDING = "participants.send_mail"
KEPT_WAITING = timedelta(days=3)  # the job has given up long before


class MailNotTakenError(Exception):
    """The mail server did not take a mail. Its own words would name the address, so only their kind is kept."""


def send_mail(
    *, to: User | str, letter: Letter, tenant: UUID | None, tongue: Tongue | None = None, **params: object
) -> Mail:
    """Write a mail in the caller's transaction; a job sends it after the commit, and tries again when it must.

    `to` is a person, who is written to in her language, or an address: then in `tongue`, or in both languages.
    `tenant` is the organisation that it concerns. `params` fill the letter in; `node` is always there.
    """
    person = to if isinstance(to, User) else User.objects.filter(email=to.lower()).first()
    language = Tongue(person.language) if person else tongue
    subject, body = written(letter, {"node": settings.NODE_NAME, **params}, language)
    row = Mail.objects.create(
        organisation_id=tenant,
        user=person,
        letter=letter.name,
        address=to.email if isinstance(to, User) else to,
        subject=subject[:400],
        body=body,
    )
    enqueue_job(SENDING, mail=str(row.id))
    return row


def write_to_administrators(
    *, organisation: UUID, letter: Letter, supervision: bool = False, **params: Any
) -> None:
    """Send a letter to everybody who administers the organisation; with `supervision`, to the regulators too."""
    readers = Q(organisation=organisation, administers=True)
    if supervision:
        readers |= Q(roles__contains=[Role.REGULATOR.value])
    seats = Membership.objects.filter(readers, ended_at=None)
    for person in User.objects.filter(id__in=seats.values("user")).order_by("id"):
        send_mail(to=person, letter=letter, tenant=organisation, **params)


def send_nothing(*, letter: Letter) -> None:
    """Do what `send_mail` does for an address that nobody has: the same row and job, and no mail."""
    row = Mail.objects.create(letter=letter.name, dropped_at=now())
    enqueue_job(SENDING, mail=str(row.id))


@transaction.atomic
def deliver_mail(*, mail: UUID) -> None:
    """Hand one mail to the mail server and empty its row; one that has left or was dropped is left alone.

    A crash between the two sends it again, with the same Message-ID. Raises MailNotTakenError.
    """
    row = Mail.objects.select_for_update().filter(id=mail, sent_at=None, dropped_at=None).first()
    if row is None:
        return
    host = settings.DEFAULT_FROM_EMAIL.rpartition("@")[2].strip("> ")
    message = EmailMessage(
        row.subject,
        row.body,
        to=[row.address],
        headers={"Message-ID": f"<{row.id}@{host}>", "Auto-Submitted": "auto-generated"},
    )
    try:
        message.send()
    except Exception as error:  # noqa: BLE001 - whatever it is, its words stay here
        raise MailNotTakenError(f"{type(error).__name__} {getattr(error, 'smtp_code', '')}".strip()) from None
    _empty(row, "sent_at")
    publish(MailSent(subject=row.id, tenant=row.organisation_id, letter=row.letter), actor=SYSTEM)


@transaction.atomic
def drop_old_mail() -> int:
    """Empty what could not be sent for three days: it said something that is no longer true. How many."""
    old = Mail.objects.select_for_update(skip_locked=True).filter(
        sent_at=None, dropped_at=None, created_at__lt=Now() - KEPT_WAITING
    )
    rows = list(old[:500])
    for row in rows:
        _empty(row, "dropped_at")
        publish(MailDropped(subject=row.id, tenant=row.organisation_id, letter=row.letter), actor=SYSTEM)
    return len(rows)


def _empty(row: Mail, when: str) -> None:
    emptied = {"address": "", "subject": "", "body": "", "generation": F("generation") + 1}
    Mail.objects.filter(id=row.id).update(**emptied, **{when: Now()})
