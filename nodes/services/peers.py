"""Attaching nodes to each other, and detaching them."""

import hmac
import json
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from identifiers.services.prefixes import accept_prefix
from kernel.actor import Actor
from kernel.clock import now
from kernel.crypto.messages import LEEWAY, LIFETIME, RegisteredKey, Request
from kernel.crypto.suite import INTERNATIONAL as SUITE
from kernel.domain.systems import NodeRole, System
from kernel.services.messages import accept_request
from kernel.services.outbox import publish
from nodes.adapters.peers.client import PeerSilentError, ask, open_client
from nodes.domain.attachments import GRANT_CONTEXT, Grant, open_grant, read_token
from nodes.domain.peers import KEY_OVERLAP, PEER_LIFE, Relation
from nodes.domain.prefixes import NATIONAL, check_delegation
from nodes.domain.roles import runs
from nodes.domain.statements import Statement, from_wire, sign_statement
from nodes.errors import (
    AlreadyAttached,
    InvitationRefused,
    NodeKeyTaken,
    UpstreamRefused,
    UpstreamUnreachable,
)
from nodes.events import NodeAttached, NodeDetached, PrefixDelegated
from nodes.models import DelegatedPrefix, Invitation, Peer, PeerKeyRow
from nodes.selectors.peers import upstream
from nodes.services.blocks import grant_first
from nodes.services.invitations import check_roles, digest_of
from nodes.services.signing import node_jwk, node_key_id, node_private_key, signed_request

ATTACHMENTS = "/api/v1/federation/attachments"


@transaction.atomic
def attach_upstream(*, url: str, token: str, actor: Actor) -> Peer:
    """Attach this node to the one at `url`, with the token that its operator gave us.

    Raises AlreadyAttached, UpstreamUnreachable, UpstreamRefused (with the upstream's own reason), or
    EnvelopeMalformed where the token is not whole or the answer is not the upstream's. The upstream answers a
    repetition by the same key as it did before, so a lost reply is asked for again.
    """
    secret, key_id = read_token(token)
    url = url.rstrip("/")
    known = upstream()
    if known is not None and known.state == PEER_LIFE.initial and known.url != url:
        raise AlreadyAttached(node=known.code)
    body = json.dumps(
        {
            "code": settings.NODE_CODE,
            "key": node_jwk(),
            "name": settings.NODE_NAME,
            "role": settings.NODE_ROLE,
            "token": secret,
            "url": settings.NODE_URL.rstrip("/"),
        },
        sort_keys=True,
    ).encode()
    target = url + ATTACHMENTS
    headers = signed_request(method="POST", url=target, body=body)
    try:
        with open_client() as client:
            answer = ask(client, "POST", target, headers=headers, body=body)
    except PeerSilentError as error:
        raise UpstreamUnreachable(pointer="/url", url=target, answer=str(error)) from error
    statement = from_wire(answer.body)
    if statement is None:
        raise _refusal(target, answer.status, answer.body)
    grant = open_grant(statement, key_id=key_id, suite=SUITE)
    row = _keep_peer(
        code=grant.node,
        name=grant.name,
        role=NodeRole(grant.role),
        url=grant.url,
        relation=Relation.UPSTREAM,
        public_key=SUITE.public_key_of(grant.key),
        actor=actor,
    )
    if grant.prefix:
        accept_prefix(prefix=grant.prefix, delegated_by=grant.node, actor=actor, block=grant.block)
    return row


def _refusal(url: str, status: int, body: bytes) -> UpstreamRefused | UpstreamUnreachable:
    """What the upstream's problem document says, or that there was none."""
    try:
        problem = json.loads(body)
        code, detail = str(problem["code"]), str(problem["detail"])
    except (ValueError, KeyError, TypeError):
        return UpstreamUnreachable(pointer="/url", url=url, answer=f"HTTP {status}")
    return UpstreamRefused(answer=f"{status} {code}", reason_zh=detail, reason_en=detail)


@transaction.atomic
def accept_attachment(
    *, request: Request, token: str, code: str, name: str, role: NodeRole, url: str, key: dict[str, str]
) -> Statement:
    """Take a node that we invited: its key, and the prefix it issues under. The signed grant.

    The request is signed with the very key that it brings: proof that the node has it. Raises SignatureRefused,
    InvitationRefused, RoleCannotAttach, NodeKeyTaken, PrefixRefused.
    """
    public_key = SUITE.public_key_of(key)
    key_id = SUITE.key_id(public_key)
    moment = now()
    brought = RegisteredKey(key_id, code, SUITE, public_key, moment - LIFETIME)
    accept_request(request, find_key=lambda asked: brought if asked == key_id else None)
    invitation = _open_invitation(token, code=code, role=role, key_id=key_id, moment=moment)
    check_roles(role)
    actor = Actor(node=code)
    if invitation.used_at is None:
        peer = _keep_peer(
            code=code,
            name=name,
            role=role,
            url=url,
            relation=Relation.DOWNSTREAM,
            public_key=public_key,
            actor=actor,
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
        key=node_jwk(),
        downstream=code,
        downstream_key_id=key_id,
        prefix=prefix.prefix if prefix else "",
        block=grant_first(prefix) if prefix else 0,
    )
    return sign_statement(grant.encode(), context=GRANT_CONTEXT, suite=SUITE, private_key=node_private_key())


def _open_invitation(secret: str, *, code: str, role: NodeRole, key_id: str, moment: datetime) -> Invitation:
    """The invitation of this secret, locked, if this node with this key may use it."""
    row = Invitation.objects.select_for_update(of=("self",)).filter(digest=digest_of(secret)).first()
    if row is None:
        raise _refused("令牌不正确。", "The token is not right.")
    if (row.code, row.role) != (code, role.value):
        raise _refused(
            f"该邀请发给节点 {row.code}（{row.role}），不是 {code}（{role.value}）。",
            f"The invitation is for node {row.code} ({row.role}), not for {code} ({role.value}).",
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
    *,
    code: str,
    name: str,
    role: NodeRole,
    url: str,
    relation: Relation,
    public_key: bytes,
    actor: Actor,
) -> Peer:
    """Add or renew a peer. A new key of a known peer joins the former, which stays good for a day more."""
    key_id = SUITE.key_id(public_key)
    owner = PeerKeyRow.objects.filter(key_id=key_id).select_related("peer").first()
    if key_id == node_key_id() or (owner is not None and owner.peer.code != code):
        taken = owner.peer.code if owner is not None else settings.NODE_CODE
        raise NodeKeyTaken(pointer="/key", key_id=key_id, node=taken)
    row = Peer.objects.select_for_update().filter(code=code).first() or Peer(code=code)
    row.name, row.role, row.url, row.relation = name, role.value, url, relation.value
    row.state = PEER_LIFE.after("attach", row.state)
    row.generation += 0 if row._state.adding else 1  # noqa: SLF001 - Django's documented flag
    row.save()
    moment = now()
    PeerKeyRow.objects.filter(
        Q(valid_until=None) | Q(valid_until__gt=moment + KEY_OVERLAP), peer=row
    ).exclude(key_id=key_id).update(valid_until=moment + KEY_OVERLAP)
    PeerKeyRow.objects.update_or_create(
        key_id=key_id,
        defaults={"valid_until": None},
        create_defaults={
            "peer": row,
            "suite": SUITE.name,
            "public_key": public_key,
            "valid_from": moment
            - LEEWAY,  # signatures count whole seconds, and the peer's clock may be behind
        },
    )
    publish(
        NodeAttached(subject=row.id, tenant=None, node=code, relation=relation.value, key_id=key_id),
        actor=actor,
    )
    return row


@transaction.atomic
def detach_peer(*, peer: Peer, actor: Actor) -> Peer:
    """Exchange nothing more with a peer: its signatures are refused from now on, what is due to it waits."""
    row = Peer.objects.select_for_update().get(id=peer.id)
    row.state = PEER_LIFE.after("detach", row.state)
    row.advance("state")
    publish(NodeDetached(subject=row.id, tenant=None, node=row.code), actor=actor)
    return row
