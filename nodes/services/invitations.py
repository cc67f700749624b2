"""Inviting a node to attach here."""

import hashlib
import secrets

from django.conf import settings
from django.db import transaction

from kernel.actor import Actor
from kernel.clock import now
from kernel.crypto.suite import INTERNATIONAL, Suite
from kernel.domain.systems import NodeRole
from kernel.services.outbox import publish
from nodes.domain.attachments import write_token
from nodes.domain.peers import INVITATION_LIFE
from nodes.domain.roles import may_attach
from nodes.errors import RoleCannotAttach, SuiteFixed
from nodes.events import NodeInvited
from nodes.models import Invitation, Peer
from nodes.services.signing import current_key

SECRET_BYTES = 32


@transaction.atomic
def invite_node(
    *, code: str, role: NodeRole, actor: Actor, suite: Suite = INTERNATIONAL, reason: str = ""
) -> tuple[Invitation, str]:
    """Let one node attach within three days; its row and the token, which nobody can read again.

    `suite` is what the two will sign and digest in, for ever; `reason` goes into the certification log. Raises
    RoleCannotAttach where nodes of that role do not attach to nodes of ours, KeyNotHere where we have no key of the
    suite, SuiteFixed where the two have messages in another one.
    """
    check_roles(role)
    check_suite(code, suite)
    key = current_key(suite)
    secret = secrets.token_urlsafe(SECRET_BYTES)
    row = Invitation.objects.create(
        code=code,
        role=role.value,
        suite=suite.name,
        reason=reason,
        inviter=actor.user_id,
        our_key=key.key_id,
        digest=digest_of(secret),
        expires_at=now() + INVITATION_LIFE,
    )
    publish(NodeInvited(subject=row.id, tenant=None, node=code), actor=actor)
    return row, write_token(secret, key.key_id, suite)


def check_suite(code: str, suite: Suite) -> None:
    """Raise SuiteFixed where this node and that one have another suite: the roots of their streams are by it."""
    fixed = Peer.objects.filter(code=code).exclude(suite=suite.name).values_list("suite", flat=True).first()
    if fixed is not None:
        raise SuiteFixed(pointer="/suite", node=code, suite=fixed)


def check_roles(role: NodeRole) -> None:
    """Raise RoleCannotAttach where nodes of this role do not attach to nodes of ours."""
    ours = NodeRole(settings.NODE_ROLE)
    if not may_attach(role, ours):
        raise RoleCannotAttach(
            pointer="/role",
            role_zh=role.label.zh,
            role_en=role.label.en.lower(),
            upstream_zh=ours.label.zh,
            upstream_en=ours.label.en.lower(),
        )


def digest_of(secret: str) -> bytes:
    """What is kept of a secret of 256 random bits."""
    return hashlib.sha256(secret.encode()).digest()
