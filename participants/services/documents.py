"""Evidence coming in, being accepted, being opened."""

import hashlib
from datetime import date

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import Q

from kernel.actor import Actor, Role
from kernel.clock import now, shanghai_date
from kernel.ids import new_id
from kernel.models.suspensions import SuspensionCause
from kernel.services.outbox import publish
from kernel.services.suspensions import close_suspension
from participants import events
from participants.domain.documents import MOST_DOCUMENTS, sniff
from participants.domain.organisations import OrganisationState
from participants.errors import CaseClosed, TooManyDocuments
from participants.models import Document, Organisation
from participants.selectors.profiles import certification_profile

UNDECIDED = (OrganisationState.APPLIED, OrganisationState.CHECKED)


@transaction.atomic
def submit_document(
    *,
    organisation: Organisation,
    kind: str,
    number: str,
    valid_until: date | None,
    content: bytes,
    actor: Actor,
) -> Document:
    """Keep a file of evidence under a name of ours, with its SHA-256; it waits to be accepted.

    Raises UnusableDocument (kind, validity, type or size), TooManyDocuments.
    """
    today = shanghai_date(now())
    certification_profile().accept(kind, valid_until, today)
    file_type = sniff(content)
    Organisation.objects.select_for_update().get(id=organisation.id)  # so that the count holds
    counting = organisation.documents.filter(Q(valid_until=None) | Q(valid_until__gte=today))
    if counting.count() >= MOST_DOCUMENTS:
        raise TooManyDocuments(most=MOST_DOCUMENTS)
    key = new_id()
    row = Document.objects.create(
        id=key,
        organisation=organisation,
        kind=kind,
        number=number,
        valid_until=valid_until,
        file_type=file_type,
        size=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        path=default_storage.save(
            f"documents/{organisation.id}/{key}.{file_type.value}", ContentFile(content)
        ),
    )
    publish(
        events.DocumentSubmitted(subject=row.id, tenant=organisation.id, kind=kind, sha256=row.sha256),
        actor=actor,
    )
    return row


@transaction.atomic
def accept_document(*, document: Document, actor: Actor) -> Document:
    """Accept a piece of evidence: it counts, and a certification that lapsed for its kind stands again."""
    row = Document.objects.select_for_update().get(id=document.id)
    if row.accepted_at is None:
        row.accepted_at, row.accepted_by = now(), actor.user_id
        row.advance("accepted_at", "accepted_by")
        publish(
            events.DocumentAccepted(subject=row.id, tenant=row.organisation_id, kind=row.kind), actor=actor
        )
    today = shanghai_date(now())
    if row.valid_until is not None and row.valid_until < today:
        return row  # it ran out while it waited, and renews nothing
    older = Document.objects.filter(organisation=row.organisation_id, kind=row.kind).exclude(id=row.id)
    for expired in older.filter(valid_until__lt=today):
        close_suspension(
            subject=row.organisation_id,
            tenant=row.organisation_id,
            cause=SuspensionCause.CERTIFICATION,
            reference=expired.id,
            actor=actor,
        )
    return row


@transaction.atomic
def open_document(*, document: Document, actor: Actor) -> bytes:
    """The file's bytes; who opens it is on record. Raises CaseClosed for the operator with nothing to decide."""
    operates = actor.roles & {Role.OPERATOR_SYSTEM, Role.OPERATOR_SECURITY}
    undecided = document.organisation.state in UNDECIDED or document.accepted_at is None
    if operates and not undecided:
        raise CaseClosed
    publish(events.DocumentRead(subject=document.id, tenant=document.organisation_id), actor=actor)
    with default_storage.open(document.path) as file:
        return bytes(file.read())
