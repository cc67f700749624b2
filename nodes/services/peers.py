"""Attaching nodes to each other, and detaching them."""

import hmac
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db import transaction

from identifiers.services.prefixes import accept_prefix
from kernel.actor import Actor
from kernel.clock import now
from kernel.crypto.messages import LIFETIME, RegisteredKey, Request
from kernel.crypto.suite import Suite, suite_of_key
from kernel.domain.systems import NodeRole, System
from kernel.services.jobs import enqueue_job
from kernel.services.messages import accept_request
from kernel.services.outbox import publish
from kernel.systems import runs_here
from nodes.adapters.peers.client import PeerClient, PeerSilentError, ask, shown
from nodes.domain.attachments import GRANT_CONTEXT, Grant, open_grant, read_token
from nodes.domain.peers import PEER_LIFE, PROTOCOLS, PeerAct, PeerState, Relation
from nodes.domain.prefixes import NATIONAL, check_delegation
from nodes.domain.roles import runs
from nodes.domain.statements import Statement, from_wire, sign_statement
from nodes.errors import (
    AlreadyAttached,
    InvitationRefused,
    ProtocolUnknown,
    UpstreamRefused,
    UpstreamUnreachable,
)
from nodes.events import NodeAttached, NodeDetached, PrefixDelegated
from nodes.models import DelegatedPrefix, Invitation, Peer, PeerLogEntry
from nodes.selectors.peers import upstream
from nodes.services.blocks import grant_first
from nodes.services.forwarding import forward_waiting
from nodes.services.invitations import check_roles, check_suite, digest_of
from nodes.services.keys import keep_peer_key
from nodes.services.signing import current_key, held_key, key_for, signed_request

ATTACHMENTS = "/api/v1/federation/attachments"
DETACHMENTS = "/api/v1/federation/detachments"


@dataclass(frozen=True, slots=True)
class Brought:
    """What the other side says of itself when the two attach."""

    code: str
    name: str
    role: NodeRole
    url: str
    contact: str
    protocol: str


@dataclass(frozen=True, slots=True)
class Act:
    """Who decides on a peer, and why; `person` where it was somebody else than who calls."""

    actor: Actor
    reason: str
    person: UUID | None = None


@transaction.atomic
def attach_upstream(*, url: str, token: str, actor: Actor, reason: str = "") -> Peer:
    """Attach this node to the one at `url`, with the token that its operator gave us and in the suite that it names.

    Raises AlreadyAttached, KeyNotHere, SuiteFixed, UpstreamUnreachable, UpstreamRefused (with the upstream's own reason), or
    EnvelopeMalformed where the token is not whole or the answer is not the upstream's. The upstream answers a
    repetition by the same key as it did before, so a lost reply is asked for again.
    """
    secret, key_id, suite = read_token(token)
    key = current_key(suite)
    url = url.rstrip("/")
    known = upstream()
    if known is not None and known.state == PEER_LIFE.initial and known.url != url:
        raise AlreadyAttached(node=known.code)
    body = json.dumps(
        {
            "code": settings.NODE_CODE,
            "contact": settings.NODE_CONTACT,
            "key": key.jwk,
            "protocols": PROTOCOLS,
            "name": settings.NODE_NAME,
            "role": settings.NODE_ROLE,
            "token": secret,
            "url": settings.NODE_URL.rstrip("/"),
        },
        sort_keys=True,
    ).encode()
    target = url + ATTACHMENTS
    headers = signed_request(method="POST", url=target, body=body, key=key)
    try:
        with PeerClient() as client:
            answer = ask(client, "POST", target, headers=headers, body=body)
    except PeerSilentError as error:
        raise UpstreamUnreachable(pointer="/url", url=target, answer=str(error)) from error
    statement = from_wire(answer.body)
    if statement is None:
        raise _refusal(target, answer.status, answer.body)
    grant = open_grant(statement, key_id=key_id, suite=suite)
    check_suite(grant.node, suite)
    row = _keep_peer(
        Brought(grant.node, grant.name, NodeRole(grant.role), grant.url, grant.contact, grant.protocol),
        relation=Relation.UPSTREAM,
        suite=suite,
        public_key=suite.public_key_of(grant.key),
        own_key=key.key_id,
        act=Act(actor, reason),
    )
    if grant.prefix:
        accept_prefix(prefix=grant.prefix, delegated_by=grant.node, actor=actor, block=grant.block)
    if not runs_here(System.IDENTIFIERS):
        forward_waiting()
    return row


def common_protocol(theirs: Sequence[str]) -> str:
    """The newest version of messages that both speak. Raises ProtocolUnknown."""
    for known in PROTOCOLS:
        if known in theirs:
            return known
    raise ProtocolUnknown(pointer="/protocols", known="、".join(PROTOCOLS))


def _refusal(url: str, status: int, body: bytes) -> UpstreamRefused | UpstreamUnreachable:
    """What the upstream's problem document says, or that there was none."""
    try:
        problem = json.loads(body)
        code, detail = (shown(str(problem[name])) for name in ("code", "detail"))
    except (ValueError, KeyError, TypeError, RecursionError):
        return UpstreamUnreachable(pointer="/url", url=url, answer=f"HTTP {status}")
    return UpstreamRefused(answer=f"{status} {code}", reason_zh=detail, reason_en=detail)


@transaction.atomic
def accept_attachment(*, request: Request, token: str, brought: Brought, key: dict[str, str]) -> Statement:
    """Take a node that we invited: its key, and the prefix it issues under. The signed grant.

    The request is signed with the very key that it brings: proof that the node has it. Raises SignatureRefused,
    InvitationRefused, RoleCannotAttach, NodeKeyTaken, PrefixRefused.
    """
    suite, public_key = suite_of_key(key)
    key_id = suite.key_id(public_key)
    moment, code, role = now(), brought.code, brought.role
    bearer = RegisteredKey(key_id, code, suite, public_key, moment - LIFETIME)
    accept_request(request, find_key=lambda asked: bearer if asked == key_id else None)
    invitation = _open_invitation(token, brought, suite=suite, key_id=key_id, moment=moment)
    check_roles(role)
    actor = Actor(node=code)
    ours = held_key(invitation.our_key) if invitation.our_key else current_key(suite)
    if invitation.used_at is None:
        peer = _keep_peer(
            brought,
            relation=Relation.DOWNSTREAM,
            suite=suite,
            public_key=public_key,
            own_key=ours.key_id,
            act=Act(actor, invitation.reason, invitation.inviter),
        )
        invitation.used_at, invitation.key_id, invitation.peer = moment, key_id, peer
        invitation.advance("used_at", "key_id", "peer")
    else:
        assert invitation.peer is not None  # noqa: S101 - it was used, so there is one
        peer = invitation.peer
    prefix = _delegate(peer, actor) if runs(role, System.IDENTIFIERS) else None
    grant = Grant(
        node=settings.NODE_CODE,
        name=settings.NODE_NAME,
        role=settings.NODE_ROLE,
        url=settings.NODE_URL.rstrip("/"),
        key=ours.jwk,
        downstream=code,
        downstream_key_id=key_id,
        prefix=prefix.prefix if prefix else "",
        block=grant_first(prefix) if prefix else 0,
        protocol=peer.protocol,
        contact=settings.NODE_CONTACT,
    )
    return sign_statement(grant.encode(), context=GRANT_CONTEXT, suite=suite, private_key=ours.private_key)


def _open_invitation(
    secret: str, brought: Brought, *, suite: Suite, key_id: str, moment: datetime
) -> Invitation:
    """The invitation of this secret, locked, if this node with this key may use it."""
    row = Invitation.objects.select_for_update(of=("self",)).filter(digest=digest_of(secret)).first()
    if row is None:
        raise _refused("令牌不正确。", "The token is not right.")
    code, role = brought.code, brought.role.value
    if (row.code, row.role) != (code, role):
        raise _refused(
            f"该邀请发给节点 {row.code}（{row.role}），不是 {code}（{role}）。",
            f"The invitation is for node {row.code} ({row.role}), not for {code} ({role}).",
        )
    if row.suite != suite.name:
        raise _refused(
            f"该邀请约定的密码套件是 {row.suite}，不是 {suite.name}。",
            f"The invitation is for the suite {row.suite}, not for {suite.name}.",
        )
    if row.used_at is not None and not hmac.compare_digest(row.key_id, key_id):
        raise _refused("该邀请已被使用。", "The invitation was used.")
    if row.used_at is None and row.expires_at <= moment:
        raise _refused("该邀请已过期。", "The invitation has expired.")
    return row


def _refused(zh: str, en: str) -> InvitationRefused:
    return InvitationRefused(pointer="/token", reason_zh=zh, reason_en=en)


def _delegate(peer: Peer, actor: Actor) -> DelegatedPrefix:
    """The prefix of a node that issues identifiers; given once, and the same for ever."""
    row = DelegatedPrefix.objects.filter(peer=peer).first()
    if row is None:
        row = DelegatedPrefix(prefix=f"{NATIONAL}.{peer.code}", peer=peer, valid_from=now())
        others = DelegatedPrefix.objects.filter(prefix=row.prefix).select_related("peer")
        check_delegation(row.as_delegation(), [other.as_delegation() for other in others])
        row.save()
        publish(PrefixDelegated(subject=row.id, tenant=None, node=peer.code, prefix=row.prefix), actor=actor)
    return row


def _keep_peer(
    brought: Brought, *, relation: Relation, suite: Suite, public_key: bytes, own_key: str, act: Act
) -> Peer:
    """Add or renew a peer. A new key of a known peer joins the former, which stays good for a day more."""
    row = Peer.objects.select_for_update().filter(code=brought.code).first() or Peer(code=brought.code)
    row.name, row.role, row.url, row.contact = brought.name, brought.role.value, brought.url, brought.contact
    row.relation, row.protocol, row.suite, row.own_key = relation.value, brought.protocol, suite.name, own_key
    row.state = PEER_LIFE.after("attach", row.state)
    row.generation += 0 if row._state.adding else 1  # noqa: SLF001 - Django's documented flag
    row.save()
    key_id = keep_peer_key(peer=row, suite=suite, public_key=public_key)
    _log(row, PeerAct.ATTACHED, act, key_id)
    publish(
        NodeAttached(subject=row.id, tenant=None, node=brought.code, relation=relation.value, key_id=key_id),
        actor=act.actor,
    )
    return row


def _log(peer: Peer, what: PeerAct, act: Act, key_id: str = "") -> None:
    PeerLogEntry.objects.create(
        peer=peer, act=what.value, reason=act.reason, key_id=key_id, person=act.person or act.actor.user_id
    )


@transaction.atomic
def detach_peer(*, peer: Peer, reason: str, actor: Actor) -> Peer:
    """Exchange nothing more with a peer: its signatures are refused from now on, what is due to it waits.

    The peer is told, and tried again for a while where it is away.
    """
    row = _detached(peer, Act(actor, reason))
    enqueue_job("nodes.tell_detachment", peer=str(row.id))
    return row


@transaction.atomic
def accept_detachment(*, peer: Peer, reason: str) -> Peer:
    """The peer detached itself."""
    return _detached(peer, Act(Actor(node=peer.code), reason))


def _detached(peer: Peer, act: Act) -> Peer:
    row = Peer.objects.select_for_update().get(id=peer.id)
    row.state = PEER_LIFE.after("detach", row.state)
    row.advance("state")
    _log(row, PeerAct.DETACHED, act)
    publish(NodeDetached(subject=row.id, tenant=None, node=row.code), actor=act.actor)
    return row


def tell_detachment(*, peer: UUID) -> None:
    """Tell a peer that we detached from it. Raises PeerSilentError while it is away.

    It answers 401 once it has heard of it, for it knows our key no more: a lost reply ends there.
    """
    row = Peer.objects.get(id=peer)
    if row.state == PeerState.ATTACHED:
        return  # the two are together again
    entry = row.log.filter(act=PeerAct.DETACHED.value).order_by("-id").first()
    body = json.dumps({"reason": entry.reason if entry else ""}).encode()
    url = row.url + DETACHMENTS
    headers = signed_request(method="POST", url=url, body=body, key=key_for(row))
    with PeerClient() as client:
        answer = ask(client, "POST", url, headers=headers, body=body)
    if answer.status not in {200, 401}:
        raise PeerSilentError(f"HTTP {answer.status}", nobody_there=False)
