"""Identifiers of an industry node: it forwards what its parties ask, its region issues, and what stands there is mirrored."""

import contextlib
from datetime import datetime
from uuid import UUID

from django.db import transaction

from identifiers.selectors.mirrors import (
    KINDS,
    REFUSED,
    STATES,
    asked_of,
    first_of,
    standing_of,
    waiting_for_a_code,
)
from identifiers.services.mirrors import apply_for, describe_for, mirror_identifier
from kernel.actor import Actor
from kernel.domain.systems import NodeRole
from kernel.errors import Problem
from kernel.parties import is_party
from kernel.systems import System, runs_here
from nodes.domain.envelopes import Message, Outcome, Receipt
from nodes.domain.forwarding import (
    APPLICATIONS,
    MIRRORS,
    ForwardedAct,
    ForwardedApplication,
    Mirror,
    compose,
    read_application,
    read_mirror,
)
from nodes.domain.peers import Relation
from nodes.domain.roles import runs
from nodes.models import Envelope, ForwardedIdentifier, Peer
from nodes.selectors.peers import upstream
from nodes.services.streams import enqueue_message

MALFORMED = "application_malformed"
ISSUES_ITSELF = "applicant_issues_itself"
NOT_ITS_OWN = "applicant_not_its_own"
MIRROR_MALFORMED = "mirror_malformed"
NOT_UPSTREAM = "not_our_upstream"
UNKNOWN = "identifier_unknown"


def forward_act(*, identifier: UUID, act: ForwardedAct) -> None:
    """Ask the region for what a party of ours asked; before the node is attached it waits for `forward_waiting`."""
    peer, facts = upstream(), asked_of(identifier)
    if peer is None or facts is None:
        return
    asked = ForwardedApplication(
        act=act.value,
        id=str(identifier),
        owner=str(facts.owner),
        kind=facts.kind,
        subject=str(facts.subject),
        attributes=facts.attributes,
    )
    enqueue_message(
        peer=peer,
        stream=APPLICATIONS,
        aggregate=str(identifier),
        body=compose(asked),
        reference=identifier,
    )


def forward_waiting() -> None:
    """Forward what was asked for before the node had a region; a region answers a repetition as it did before."""
    for identifier in waiting_for_a_code():
        forward_act(identifier=identifier, act=ForwardedAct.APPLY)


def tell_applicant(*, identifier: UUID) -> None:
    """Tell the industry node that asked where an identifier stands; one of our own is nobody's to be told."""
    row = ForwardedIdentifier.objects.select_related("peer").filter(identifier=identifier).first()
    if row is not None:
        _tell(row, Mirror(id=str(row.remote), **standing_of(identifier)))  # type: ignore[arg-type] # as it gives them


def _tell(row: ForwardedIdentifier, mirror: Mirror) -> None:
    body = compose(mirror)
    enqueue_message(peer=row.peer, stream=MIRRORS, aggregate=str(row.remote), body=body, reference=row.id)


class Applications:
    """Messages of the stream `applications`, up from industry nodes."""

    def judge(self, *, peer: Peer, message: Message) -> str:
        """Refuse what is no application, those of a node that issues its codes itself, and those in another's name."""
        if runs(NodeRole(peer.role), System.IDENTIFIERS) or not runs_here(System.IDENTIFIERS):
            return ISSUES_ITSELF
        asked = read_application(message.body)
        if asked is None or asked.kind not in KINDS or asked.id != message.aggregate:
            return MALFORMED
        return "" if _is_its_own(peer, UUID(asked.owner)) else NOT_ITS_OWN

    def store(self, *, peer: Peer, message: Message, receipt: Receipt) -> None:  # noqa: ARG002 - the protocol's
        """Apply in the name of the industry node's party; our own automatic checks and people decide as for any other."""
        asked = read_application(message.body)
        assert asked is not None  # noqa: S101 - judged before
        actor = Actor(node=peer.code, tenant_id=UUID(asked.owner))
        row = ForwardedIdentifier.objects.filter(peer=peer, remote=asked.id).select_related("peer").first()
        if asked.act == ForwardedAct.DESCRIBE.value:
            if row is not None and row.identifier is not None:
                _describe(row, asked, actor)
        elif row is None:
            _apply(ForwardedIdentifier(peer=peer, remote=UUID(asked.id)), asked, actor)
        elif row.identifier is not None:
            tell_applicant(identifier=row.identifier)

    def receipted(self, *, envelope: Envelope, receipt: Receipt) -> None:
        """A request that the region can never take is refused here, with its code as the reason."""
        asked = read_application(bytes(envelope.message.body))
        if receipt.outcome is Outcome.REFUSED and asked is not None and asked.act == ForwardedAct.APPLY.value:
            mirror_identifier(
                identifier=UUID(asked.id), state=REFUSED, reason=receipt.code, actor=Actor(node=receipt.node)
            )


def _is_its_own(peer: Peer, owner: UUID) -> bool:
    """Whether a node may ask in this party's name: no organisation of ours, nor one for whom another node asked first."""
    if is_party(owner):
        return False
    first = first_of(owner)
    return first is None or ForwardedIdentifier.objects.filter(peer=peer, identifier=first).exists()


def _apply(row: ForwardedIdentifier, asked: ForwardedApplication, actor: Actor) -> None:
    try:
        with transaction.atomic():
            row.identifier = apply_for(
                kind=asked.kind, subject=UUID(asked.subject), attributes=asked.attributes, actor=actor
            )
    except Problem as refusal:
        row.save()
        reason = refusal.text.zh[:500]
        _tell(row, Mirror(str(row.remote), REFUSED, code=None, reason=reason, filing="", filed_at=None))
        return
    row.save()


def _describe(row: ForwardedIdentifier, asked: ForwardedApplication, actor: Actor) -> None:
    assert row.identifier is not None  # noqa: S101 - asked by the caller
    with (
        contextlib.suppress(Problem),
        transaction.atomic(),
    ):  # what is over is described no more: the mirror tells
        describe_for(identifier=row.identifier, attributes=asked.attributes, actor=actor)
    tell_applicant(identifier=row.identifier)


class Mirrors:
    """Messages of the stream `identifiers`, down from the region."""

    def judge(self, *, peer: Peer, message: Message) -> str:
        """Refuse what is no standing of an identifier that this node asked its upstream for."""
        if peer.relation != Relation.UPSTREAM or runs_here(System.IDENTIFIERS):
            return NOT_UPSTREAM
        told = read_mirror(message.body)
        if told is None or told.id != message.aggregate or told.state not in STATES:
            return MIRROR_MALFORMED
        return "" if asked_of(UUID(told.id)) is not None else UNKNOWN

    def store(self, *, peer: Peer, message: Message, receipt: Receipt) -> None:  # noqa: ARG002 - the protocol's
        """Let the identifier stand here as it stands there."""
        told = read_mirror(message.body)
        assert told is not None  # noqa: S101 - judged before
        mirror_identifier(
            identifier=UUID(told.id),
            state=told.state,
            code=told.code,
            reason=told.reason,
            filing=told.filing,
            filed_at=datetime.fromisoformat(told.filed_at) if told.filed_at else None,
            actor=Actor(node=peer.code),
        )

    def receipted(self, *, envelope: Envelope, receipt: Receipt) -> None:
        """Nothing beyond the receipt."""
