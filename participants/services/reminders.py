"""Reminders before a last day: one event for each of the profile's numbers of days, whenever the node next looks."""

from datetime import date, timedelta
from typing import TypeVar

from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from kernel.actor import SYSTEM
from kernel.clock import now, shanghai_date
from kernel.models.base import EntityQuerySet
from kernel.services.outbox import publish
from kernel.text import Text
from participants import events
from participants.domain.notices import LAST_DAY, OF_RESALE
from participants.domain.organisations import OrganisationState
from participants.domain.qualifications import QualificationState
from participants.models import Document, Qualification
from participants.selectors.profiles import certification_profile
from participants.services.mail import write_to_administrators

Row = TypeVar("Row", Document, Qualification)


@transaction.atomic
def remind_of_last_days() -> None:
    """Announce what ends soon: documents in force that none follows yet, and granted qualifications."""
    today = shanghai_date(now())
    profile = certification_profile()
    days = profile.reminders
    for document in _due(_followed_by_none(Document.objects.all()), today, days):
        assert document.valid_until is not None  # noqa: S101 - it is due by that day
        left = _note(document, document.valid_until, today, days)
        publish(
            events.DocumentExpiring(
                subject=document.id,
                tenant=document.organisation_id,
                kind=document.kind,
                valid_until=document.valid_until,
                days_left=left,
            ),
            actor=SYSTEM,
        )
        _write(document, profile.labels[document.kind], document.valid_until, left)
    granted = Qualification.objects.filter(state=QualificationState.GRANTED)
    for row in _due(granted, today, days):
        left = _note(row, row.valid_until, today, days)
        publish(
            events.QualificationExpiring(
                subject=row.id, tenant=row.organisation_id, valid_until=row.valid_until, days_left=left
            ),
            actor=SYSTEM,
        )
        _write(row, OF_RESALE, row.valid_until, left)


def _followed_by_none(documents: EntityQuerySet[Document]) -> EntityQuerySet[Document]:
    """Accepted ones of organisations that trade, with no accepted one of their kind that lasts longer."""
    accepted = documents.filter(accepted_at__isnull=False, organisation__state=OrganisationState.CERTIFIED)
    longer = Document.objects.filter(
        Q(valid_until=None) | Q(valid_until__gt=OuterRef("valid_until")),
        organisation=OuterRef("organisation"),
        kind=OuterRef("kind"),
        accepted_at__isnull=False,
    )
    return accepted.exclude(Exists(longer))


def _due(rows: EntityQuerySet[Row], today: date, days: tuple[int, ...]) -> list[Row]:
    due = Q()
    for number in days:
        near = Q(valid_until__lte=today + timedelta(days=number))
        due |= near & (Q(reminded_days=None) | Q(reminded_days__gt=number))
    return list(
        rows.filter(due, valid_until__gte=today)
        .select_related("organisation")
        .select_for_update(of=("self",))
        .order_by("id")
    )


def _note(row: Document | Qualification, last: date, today: date, days: tuple[int, ...]) -> int:
    """Keep which reminder this is: the smallest number of days that is reached. Returns the days left."""
    left = (last - today).days
    row.reminded_days = min(number for number in days if left <= number)
    row.advance("reminded_days")
    return left


def _write(row: Document | Qualification, what: Text, last: date, left: int) -> None:
    """The same by mail."""
    write_to_administrators(
        organisation=row.organisation_id,
        letter=LAST_DAY,
        supervision=True,
        name=row.organisation.name,
        id=row.organisation_id,
        what_zh=what.zh,
        what_en=what.en,
        last_day=last,
        left=left,
    )
