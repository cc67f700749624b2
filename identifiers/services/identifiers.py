"""The life of an identifier, act by act."""

import secrets
from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models.functions import Now

from identifiers import events
from identifiers.domain.codes import BODIES, Code
from identifiers.domain.lifecycle import LIFE, OVER, IdentifierKind, require_living
from identifiers.errors import AlreadyIdentified, NoPrefix
from identifiers.models import Descriptor, Identifier, IssuedCode, Prefix
from identifiers.selectors.profiles import descriptor_profile
from kernel.actor import SYSTEM, Actor
from kernel.events import Event
from kernel.locks import Lock, take_lock
from kernel.proposals import four_eyes
from kernel.services.outbox import publish

Announce = Callable[[Identifier], Event]


@transaction.atomic
def apply_identifier(
    *, kind: IdentifierKind, subject: UUID, attributes: dict[str, Any], actor: Actor
) -> Identifier:
    """Ask for an identifier for one of the caller's resources; the automatic checks run at once.

    Raises DescriptorIncomplete naming the attribute, AlreadyIdentified where the resource has one.
    """
    assert actor.tenant_id is not None  # noqa: S101 - applicants are members of an organisation
    profile = descriptor_profile()
    profile.check(kind, attributes)
    take_lock(Lock.ISSUER, str(subject))
    mine = Identifier.objects.filter(tenant_id=actor.tenant_id, subject=subject)
    if known := mine.exclude(state__in=OVER).first():
        raise AlreadyIdentified(identifier=known.code or known.id)
    row = Identifier.objects.create(
        tenant_id=actor.tenant_id, kind=kind, subject=subject, state=LIFE.after("verify", LIFE.initial)
    )
    Descriptor.objects.create(identifier=row, version=1, profile=profile.version, attributes=attributes)
    publish(events.IdentifierApplied(subject=row.id, tenant=row.tenant_id, kind=kind.value), actor=actor)
    return row


@transaction.atomic
def approve_identifier(*, identifier: Identifier, actor: Actor) -> Identifier:
    """Issue a code and let it wait for its filing. Raises NoPrefix before the node is attached."""
    row = Identifier.objects.select_for_update().get(id=identifier.id)
    row.state = LIFE.after("issue", row.state)
    row.state = LIFE.after("file", row.state)
    prefix = Prefix.objects.order_by("-id").first()
    if prefix is None:
        raise NoPrefix
    row.code = str(_new_code(prefix.prefix))
    row.advance("state", "code")
    IssuedCode.objects.create(code=row.code, identifier=row)
    publish(
        events.IdentifierIssued(subject=row.id, tenant=row.tenant_id, code=row.code, kind=row.kind),
        actor=actor,
    )
    return row


@transaction.atomic
def refuse_identifier(*, identifier: Identifier, reason: str, actor: Actor) -> Identifier:
    """Refuse an application, with the reason that its applicant reads."""
    row = _moved(identifier, "refuse", "reason", reason=reason)
    publish(events.IdentifierRefused(subject=row.id, tenant=row.tenant_id), actor=actor)
    return row


@transaction.atomic
def accept_filing(*, code: str, receipt: str) -> Identifier:
    """The national node accepted the filing: the identifier goes active. Accepting again changes nothing."""
    row = Identifier.objects.select_for_update().get(code=code)
    if row.filing:
        return row
    row.state, row.filing, row.filed_at = LIFE.after("activate", row.state), receipt, Now()
    row.advance("state", "filing", "filed_at")
    publish(events.IdentifierActivated(subject=row.id, tenant=row.tenant_id, code=code), actor=SYSTEM)
    return row


@transaction.atomic
def describe_identifier(*, identifier: Identifier, attributes: dict[str, Any], actor: Actor) -> Identifier:
    """Follow the descriptor with its next version; the code stays what it is.

    Raises StateConflict for what was refused or is a tombstone, DescriptorIncomplete naming the attribute.
    """
    row = Identifier.objects.select_for_update().get(id=identifier.id)
    require_living(row.state)
    profile = descriptor_profile()
    profile.check(row.kind, attributes)
    version = row.descriptors.count() + 1
    Descriptor.objects.create(identifier=row, version=version, profile=profile.version, attributes=attributes)
    row.advance()
    publish(events.DescriptorChanged(subject=row.id, tenant=row.tenant_id, version=version), actor=actor)
    return row


@four_eyes("identifiers.suspend", operation="identifiers.propose_suspension")
@transaction.atomic
def suspend_identifier(subject: UUID, terms: dict[str, Any], actor: Actor) -> None:
    """Suspend an active identifier, once a second person has approved; `terms` give the reason."""
    row = _moved(Identifier(id=subject), "suspend", "reason", reason=terms["reason"])
    publish(
        events.IdentifierSuspended(subject=row.id, tenant=row.tenant_id, code=row.code or ""), actor=actor
    )


@four_eyes("identifiers.reinstate", operation="identifiers.propose_reinstatement")
@transaction.atomic
def reinstate_identifier(subject: UUID, terms: dict[str, Any], actor: Actor) -> None:  # noqa: ARG001 - kept with the proposal
    """Let a suspended identifier be active again, once a second person has approved."""
    row = _moved(Identifier(id=subject), "reinstate", "reason", reason="")
    publish(
        events.IdentifierReinstated(subject=row.id, tenant=row.tenant_id, code=row.code or ""), actor=actor
    )


@four_eyes("identifiers.retire", operation="identifiers.propose_retirement")
@transaction.atomic
def retire_identifier(subject: UUID, terms: dict[str, Any], actor: Actor) -> None:
    """Make an identifier a tombstone for ever, once a second person has approved."""
    row = _moved(Identifier(id=subject), "retire", "reason", reason=terms["reason"])
    publish(events.IdentifierRetired(subject=row.id, tenant=row.tenant_id, code=row.code or ""), actor=actor)


def _moved(identifier: Identifier, act: str, *fields: str, **values: str) -> Identifier:
    row = Identifier.objects.select_for_update().get(id=identifier.id)
    row.state = LIFE.after(act, row.state)
    for name, value in values.items():
        setattr(row, name, value)
    row.advance("state", *fields)
    return row


def _new_code(prefix: str) -> Code:
    while True:  # 5 of 37 check characters fall outside the alphabet: about one try in seven is thrown away
        code = Code.of_number(prefix, secrets.randbelow(BODIES))
        if code is not None and not IssuedCode.objects.filter(code=str(code)).exists():
            return code
