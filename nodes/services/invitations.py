"""Inviting a node to attach here."""

import hashlib
import secrets

from django.conf import settings
from django.db import transaction

from kernel.actor import Actor
from kernel.clock import now
from kernel.domain.systems import NodeRole
from kernel.services.outbox import publish
from nodes.domain.peers import INVITATION_LIFE
from nodes.domain.roles import may_attach
from nodes.errors import RoleCannotAttach
from nodes.events import NodeInvited
from nodes.models import Invitation
from nodes.services.signing import node_key_id

SECRET_BYTES = 32


@transaction.atomic
def invite_node(*, code: str, role: NodeRole, actor: Actor) -> tuple[Invitation, str]:
    """Let one node attach within three days; its row and the token, which nobody can read again.

    Raises RoleCannotAttach where nodes of that role do not attach to nodes of ours.
    """
    check_roles(role)
    secret = secrets.token_urlsafe(SECRET_BYTES)
    row = Invitation.objects.create(
        code=code,
        role=role.value,
        digest=digest_of(secret),
        expires_at=now() + INVITATION_LIFE,
    )
    publish(NodeInvited(subject=row.id, tenant=None, node=code), actor=actor)
    return row, f"{secret}.{node_key_id()}"


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
