"""The life of an identifier, act by act."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models.functions import Now

from identifiers import events
from identifiers.domain.descriptors import Evidence, marking_in, require_evidence
from identifiers.domain.lifecycle import LIFE, IdentifierKind, require_living
from identifiers.models import Descriptor, Identifier
from identifiers.selectors.profiles import descriptor_profile
from identifiers.services.applications import Application, apply_identifiers
from identifiers.services.issuing import approve_identifier
from kernel.actor import SYSTEM, Actor
from kernel.errors import Problem
from kernel.proposals import four_eyes
from kernel.services.outbox import publish

__all__ = [
    "accept_filing", "apply_identifier", "approve_identifier", "describe_identifier", "refuse_identifier",
    "reinstate_identifier", "retire_identifier", "suspend_identifier",
]  # fmt: skip


def apply_identifier(
    *,
    kind: IdentifierKind,
    subject: UUID,
    attributes: dict[str, Any],
    actor: Actor,
    valid_until: date | None = None,
    evidence: Sequence[Evidence] = (),
) -> Identifier:
    """Ask for an identifier for one of the caller's resources; the automatic checks run at once.

    Raises DescriptorIncomplete naming the attribute, AlreadyIdentified where the resource has one.
    """
    asked = Application(kind, subject, attributes, valid_until, evidence)
    (found,) = apply_identifiers(applications=[asked], actor=actor)
    if isinstance(found, Problem):
        raise found
    return found


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
def describe_identifier(
    *,
    identifier: Identifier,
    attributes: dict[str, Any],
    actor: Actor,
    valid_until: date | None = None,
    evidence: Sequence[Evidence] = (),
) -> Identifier:
    """Follow the descriptor with its next version; the code stays what it is.

    Raises StateConflict for what was refused or is a tombstone, DescriptorIncomplete naming the attribute.
    """
    row = Identifier.objects.select_for_update().get(id=identifier.id)
    require_living(row.state)
    profile = descriptor_profile()
    profile.check(row.kind, attributes)
    require_evidence(evidence)
    version = row.descriptors.count() + 1
    Descriptor.objects.create(
        identifier=row,
        version=version,
        profile=profile.version,
        attributes=attributes,
        valid_until=valid_until,
        evidence=[each.as_json() for each in evidence],
    )
    row.marking = marking_in(attributes)
    row.advance("marking")
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
