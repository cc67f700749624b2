"""Evidence coming in, being accepted or refused, being opened."""

import hashlib
from datetime import date
from typing import Any

from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import Q

from kernel.actor import Actor
from kernel.clock import now, shanghai_date
from kernel.errors import StateConflict
from kernel.ids import new_id
from kernel.models.suspensions import SuspensionCause
from kernel.services.outbox import publish
from kernel.services.suspensions import close_suspension
from participants import events
from participants.domain.cases import UNDECIDED
from participants.domain.documents import MOST_DOCUMENTS, sniff
from participants.domain.notices import DOCUMENT_REFUSED
from participants.errors import CaseClosed, TooManyDocuments
from participants.models import Case, Document, Organisation
from participants.selectors.certification import pending
from participants.selectors.documents import may_open
from participants.selectors.profiles import certification_profile
from participants.services.cases import open_case, reopen_case, require_reviewer
from participants.services.evidence_files import keep_file
from participants.services.mail import write_to_administrators


@transaction.atomic
def submit_document(
    *,
    organisation: Organisation,
    kind: str,
    number: str,
    valid_until: date | None,
    particulars: Any,
    content: bytes,
    actor: Actor,
) -> Document:
    """Add a file of evidence to the organisation's case, which opens with it where none is open.

    It is kept under a name of ours, with its SHA-256, and counts from the decision on.
    Raises UnusableDocument (kind, validity, particulars, type or size), TooManyDocuments.
    """
    today = shanghai_date(now())
    facts = certification_profile().read_document(kind, valid_until, particulars, today)
    file_type = sniff(content)
    case = open_case(
        organisation=organisation, actor=actor
    )  # locks the organisation, so that the count holds
    counting = organisation.documents.filter(refused_at=None).filter(
        Q(valid_until=None) | Q(valid_until__gte=today)
    )
    if counting.count() >= MOST_DOCUMENTS:
        raise TooManyDocuments(most=MOST_DOCUMENTS)
    key = new_id()
    row = Document(
        id=key,
        organisation=organisation,
        case=case,
        kind=kind,
        number=number,
        particulars=facts,
        valid_until=valid_until,
        file_type=file_type,
        size=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        path=keep_file(path=f"{organisation.id}/{key}.{file_type.value}", content=content),
    )
    row.save(force_insert=True)
    reopen_case(case=case)
    publish(
        events.DocumentSubmitted(subject=row.id, tenant=organisation.id, kind=kind, sha256=row.sha256),
        actor=actor,
    )
    return row


@transaction.atomic
def refuse_document(*, document: Document, reason: str, actor: Actor) -> Document:
    """Refuse one piece of evidence with a reason: it never counts, and its administrators are told by mail to mend it.

    Raises CaseClosed where nothing is open, NotYourCase, StateConflict for one that was accepted or refused.
    """
    party = Organisation.objects.select_for_update().get(id=document.organisation_id)
    case = party.cases.filter(state__in=UNDECIDED).first()
    if case is None:
        raise CaseClosed
    require_reviewer(case, actor)
    row = Document.objects.select_for_update().get(id=document.id)
    if row.accepted_at or row.refused_at:
        state = ("已接受", "accepted") if row.accepted_at else ("已不予接受", "refused")
        raise StateConflict(
            state_zh=state[0], state_en=state[1], act="refuse", allowed_zh="待审核", allowed_en="submitted"
        )
    _refuse(row, reason, actor)
    reopen_case(case=case)
    what = certification_profile().labels[row.kind]
    write_to_administrators(
        organisation=party.id,
        letter=DOCUMENT_REFUSED,
        name=party.name,
        id=party.id,
        what_zh=what.zh,
        what_en=what.en,
        reason=reason,
    )
    return row


def accept_pending(*, case: Case, actor: Actor) -> None:
    """Accept what the case brought: it counts, and a certification that lapsed for its kind stands again."""
    for document in pending(case.organisation).order_by("id"):
        document.accepted_at, document.accepted_by = now(), actor.user_id
        document.advance("accepted_at", "accepted_by")
        publish(
            events.DocumentAccepted(subject=document.id, tenant=document.organisation_id, kind=document.kind),
            actor=actor,
        )
        _end_lapses(document, actor)


def refuse_pending(*, case: Case, reason: str, actor: Actor) -> None:
    """Nothing that came in with a case outlives its refusal or its withdrawal."""
    for document in pending(case.organisation).order_by("id"):
        _refuse(document, reason, actor)


@transaction.atomic
def open_document(*, document: Document, actor: Actor) -> bytes:
    """The file's bytes; who opens it is on record. Raises CaseClosed for the operator with nothing to decide."""
    if not may_open(document.organisation_id, actor):
        raise CaseClosed
    publish(events.DocumentRead(subject=document.id, tenant=document.organisation_id), actor=actor)
    with default_storage.open(document.path) as file:
        return bytes(file.read())


def _refuse(document: Document, reason: str, actor: Actor) -> None:
    document.refused_at, document.refused_by, document.refusal = now(), actor.user_id, reason
    document.advance("refused_at", "refused_by", "refusal")
    publish(
        events.DocumentRefused(subject=document.id, tenant=document.organisation_id, kind=document.kind),
        actor=actor,
    )


def _end_lapses(document: Document, actor: Actor) -> None:
    """Close the suspensions that ran out documents of the same kind had opened."""
    today = shanghai_date(now())
    if document.valid_until is not None and document.valid_until < today:
        return  # it ran out while it waited, and renews nothing
    older = Document.objects.filter(organisation=document.organisation_id, kind=document.kind)
    for expired in older.exclude(id=document.id).filter(valid_until__lt=today):
        close_suspension(
            subject=document.organisation_id,
            tenant=document.organisation_id,
            cause=SuspensionCause.CERTIFICATION,
            reference=expired.id,
            actor=actor,
        )
