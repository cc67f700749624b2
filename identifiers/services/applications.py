"""Asking for identifiers, one or ten thousand at once: the automatic checks, and who looks at what passes them."""

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction

from identifiers import events
from identifiers.domain.descriptors import Evidence, marking_in, require_evidence
from identifiers.domain.lifecycle import LIFE, OVER, IdentifierKind, IdentifierState
from identifiers.domain.review import Review
from identifiers.errors import AlreadyIdentified
from identifiers.models import Descriptor, Identifier
from identifiers.selectors.profiles import descriptor_profile, dictionary, review_profile
from kernel.actor import Actor
from kernel.clock import now, shanghai_year
from kernel.errors import Problem
from kernel.locks import Lock, take_lock
from kernel.services.jobs import enqueue_job
from kernel.services.outbox import publish_each

ISSUE_JOB = "identifiers.issue_by_rule"
ROWS_AT_ONCE = 1000


@dataclass(frozen=True, slots=True)
class Application:
    """What is asked for: a resource of the caller's, described, until when, and what that rests on."""

    kind: IdentifierKind
    subject: UUID
    attributes: dict[str, Any]
    valid_until: date | None = None
    evidence: Sequence[Evidence] = ()


@transaction.atomic
def apply_identifiers(*, applications: Sequence[Application], actor: Actor) -> list[Identifier | Problem]:
    """Ask for many identifiers; of each its row, or why not, in order, by a bounded number of statements.

    What passes the checks without a doubt is issued by rule later, but for the share that is drawn for a person.
    """
    assert actor.tenant_id is not None  # noqa: S101 - applicants are members of an organisation
    take_lock(Lock.ISSUER, str(actor.tenant_id))
    before = Identifier.objects.filter(
        tenant_id=actor.tenant_id, subject__in=[each.subject for each in applications]
    )
    living: dict[UUID, Identifier] = {}
    refused: set[UUID] = set()
    for row in before:
        if row.state not in OVER:
            living[row.subject] = row
        elif row.state == IdentifierState.REFUSED:
            refused.add(row.subject)
    found: list[Identifier | Problem] = []
    year = shanghai_year(now())
    for each in applications:
        try:
            row = _checked(each, actor.tenant_id, living, refused, year)
        except Problem as problem:
            found.append(problem)
        else:
            living[row.subject] = row
            found.append(row)
    made = [
        (row, each) for row, each in zip(found, applications, strict=True) if not isinstance(row, Problem)
    ]
    _store(made, actor)
    return found


def _checked(
    asked: Application, tenant: UUID, living: dict[UUID, Identifier], refused: set[UUID], year: int
) -> Identifier:
    """The row, not yet stored. Raises DescriptorIncomplete naming the member, AlreadyIdentified."""
    profile = descriptor_profile()
    profile.check(asked.kind, asked.attributes)
    require_evidence(asked.evidence)
    if known := living.get(asked.subject):
        raise AlreadyIdentified(pointer="/subject", identifier=known.code or known.id)
    doubts = asked.subject in refused or not all(
        dictionary("divisions").find(code, year=year)
        for code in profile.divisions(asked.kind, asked.attributes)
    )
    return Identifier(
        tenant_id=tenant,
        kind=asked.kind,
        subject=asked.subject,
        state=LIFE.after("verify", LIFE.initial),
        marking=marking_in(asked.attributes),
        review=review_profile().decide(asked.kind, doubts=doubts, draw=draw_of(tenant, asked.subject)),
    )


def draw_of(tenant: UUID, subject: UUID) -> bytes:
    """The draw of a resource: always the same, and nobody's to foresee who does not hold the node's secret."""
    words = f"identifiers.review:{review_profile().version}:{tenant}:{subject}"
    return hmac.digest(settings.SECRET_KEY.encode(), words.encode(), hashlib.sha256)


def _store(made: Sequence[tuple[Identifier, Application]], actor: Actor) -> None:
    """Write the rows with their first descriptors, and let those go on that the rule decides."""
    if not made:
        return
    Identifier.objects.bulk_create([row for row, _ in made], batch_size=ROWS_AT_ONCE)
    profile = descriptor_profile().version
    descriptors = [
        Descriptor(
            identifier=row,
            version=1,
            profile=profile,
            attributes=each.attributes,
            valid_until=each.valid_until,
            evidence=[one.as_json() for one in each.evidence],
        )
        for row, each in made
    ]
    Descriptor.objects.bulk_create(descriptors, batch_size=ROWS_AT_ONCE)
    happened = [
        events.IdentifierApplied(subject=row.id, tenant=row.tenant_id, kind=row.kind, review=row.review)
        for row, _ in made
    ]
    publish_each(happened, actor=actor)
    if any(row.review == Review.BY_RULE for row, _ in made):
        enqueue_job(ISSUE_JOB)
