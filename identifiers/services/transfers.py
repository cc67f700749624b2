"""Passing an identifier from one holder to another: both agree, the code stays, and every transfer is kept."""

from uuid import UUID

from django.db import IntegrityError, transaction

from identifiers import events
from identifiers.domain.lifecycle import LIFE as IDENTIFIERS
from identifiers.domain.lifecycle import OVER
from identifiers.domain.transfers import LIFE, TransferState
from identifiers.errors import AlreadyIdentified, TransferRefused
from identifiers.models import Identifier, Transfer
from kernel.actor import Actor
from kernel.clock import now
from kernel.errors import Forbidden
from kernel.locks import Lock, take_lock
from kernel.services.outbox import publish


@transaction.atomic
def offer_transfer(*, identifier: Identifier, receiver: UUID, reason: str, actor: Actor) -> Transfer:
    """Offer an active identifier of the caller's to another organisation, which alone can take it.

    Raises StateConflict for one that is not active, TransferRefused while another offer is open or to oneself.
    """
    row = Identifier.objects.select_for_update().get(id=identifier.id)
    IDENTIFIERS.after("transfer", row.state)
    if receiver == row.tenant_id:
        raise TransferRefused(
            pointer="/receiver", reason_zh="接收方就是现持有方。", reason_en="The receiver holds it already."
        )
    try:
        with transaction.atomic():
            transfer = Transfer.objects.create(
                identifier=row,
                tenant_id=row.tenant_id,
                receiver_id=receiver,
                subject=row.subject,
                reason=reason,
            )
    except IntegrityError as error:
        raise TransferRefused(
            reason_zh="该标识已有待接收的转让；请先撤回。",
            reason_en="Another offer of this identifier is open; withdraw it first.",
        ) from error
    publish(
        events.TransferOffered(
            subject=transfer.id,
            tenant=transfer.tenant_id,
            parties=(receiver,),
            identifier=row.id,
            code=row.code or "",
        ),
        actor=actor,
    )
    return transfer


@transaction.atomic
def accept_transfer(*, transfer: Transfer, subject: UUID | None, actor: Actor) -> Transfer:
    """Take an identifier that was offered, for the resource as the caller knows it (None: under the giver's id).

    Raises Forbidden for anybody but the receiver, StateConflict where the offer is over or the identifier is not active
    any more, AlreadyIdentified where the caller's resource has one.
    """
    row = _opened(transfer, "accept", actor, receives=True)
    identifier = Identifier.objects.select_for_update().get(id=row.identifier_id)
    IDENTIFIERS.after("transfer", identifier.state)
    resource = subject or identifier.subject
    take_lock(Lock.ISSUER, str(row.receiver_id))
    own = Identifier.objects.filter(tenant_id=row.receiver_id, subject=resource).exclude(state__in=OVER)
    if known := own.first():
        raise AlreadyIdentified(pointer="/subject", identifier=known.code or known.id)
    identifier.tenant_id, identifier.subject = row.receiver_id, resource
    identifier.advance("tenant_id", "subject")
    row.new_subject = resource
    _end(row, TransferState.ACCEPTED, actor, "new_subject")
    publish(
        events.IdentifierTransferred(
            subject=identifier.id,
            tenant=identifier.tenant_id,
            parties=(row.tenant_id,),
            code=identifier.code or "",
            transfer=row.id,
        ),
        actor=actor,
    )
    return row


@transaction.atomic
def decline_transfer(*, transfer: Transfer, reason: str, actor: Actor) -> Transfer:
    """Refuse what was offered. Raises Forbidden for anybody but the receiver, StateConflict where it is over."""
    row = _opened(transfer, "decline", actor, receives=True)
    row.answer = reason
    _end(row, TransferState.DECLINED, actor, "answer")
    return row


@transaction.atomic
def withdraw_transfer(*, transfer: Transfer, actor: Actor) -> Transfer:
    """Take an offer back. Raises Forbidden for anybody but the giver, StateConflict where it is over."""
    row = _opened(transfer, "withdraw", actor, receives=False)
    _end(row, TransferState.WITHDRAWN, actor)
    return row


def _opened(transfer: Transfer, act: str, actor: Actor, *, receives: bool) -> Transfer:
    """The locked row, if the caller may do this to it."""
    row = Transfer.objects.select_for_update().get(id=transfer.id)
    if actor.tenant_id != (row.receiver_id if receives else row.tenant_id):
        raise Forbidden(operation=f"identifiers.{act}_transfer")
    LIFE.after(act, row.state)
    return row


def _end(row: Transfer, state: TransferState, actor: Actor, *fields: str) -> None:
    row.state, row.ended_at = state, now()
    row.advance("state", "ended_at", *fields)
    publish(
        events.TransferEnded(
            subject=row.id,
            tenant=row.tenant_id,
            parties=(row.receiver_id,),
            identifier=row.identifier_id,
            state=state.value,
        ),
        actor=actor,
    )
