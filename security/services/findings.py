"""The life of a finding after it was seen: evidence, confirmation, acceptance for a time."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models.functions import Now

from kernel.actor import SYSTEM, Actor
from kernel.clock import now
from kernel.errors import InvalidField
from kernel.models.proposals import Proposal
from kernel.proposals import four_eyes
from kernel.services.outbox import publish
from kernel.services.proposals import propose_act
from security import events
from security.domain.findings import LIFE, FindingState
from security.models import Finding
from security.services.market import follow_market

ACCEPT = "security.accept_risk"


@transaction.atomic
def submit_evidence(*, finding: Finding, note: str, sha256: str, actor: Actor) -> Finding:
    """The owner says that it is mended, with the digest of the evidence file; nothing is sold yet."""
    row = _moved(finding.id, "submit", evidence_note=note, evidence_sha256=sha256)
    publish(events.EvidenceSubmitted(subject=row.id, tenant=row.asset.tenant_id, sha256=sha256), actor=actor)
    return row


@transaction.atomic
def return_finding(*, finding: Finding, note: str, actor: Actor) -> Finding:
    """The evidence does not convince: back to its owner, with why."""
    row = _moved(finding.id, "return", evidence_note=note, evidence_sha256="")
    publish(events.FindingReturned(subject=row.id, tenant=row.asset.tenant_id), actor=actor)
    return row


@transaction.atomic
def confirm_finding(*, finding: Finding, actor: Actor) -> Finding:
    """The evidence convinces: closed, and what only this finding kept off the market is back."""
    row = _moved(finding.id, "close", closed_at=now())
    follow_market(asset=row.asset, findings=[row], actor=actor)
    publish(
        events.FindingClosed(subject=row.id, tenant=row.asset.tenant_id, severity=row.severity), actor=actor
    )
    return row


@transaction.atomic
def propose_acceptance(*, finding: Finding, until: datetime, reason: str, actor: Actor) -> Proposal:
    """Ask a second administrator to accept the risk until a time. Raises InvalidField for one that is past."""
    if until <= now():
        raise InvalidField(
            pointer="/until", reason_zh="期限须在将来。", reason_en="It must lie in the future."
        )
    terms = {"until": until.isoformat(), "reason": reason}
    return propose_act(kind=ACCEPT, subject=finding.id, terms=terms, actor=actor)


@four_eyes(ACCEPT, operation="security.propose_acceptance")
@transaction.atomic
def accept_risk(subject: UUID, terms: dict[str, Any], actor: Actor) -> None:
    """Accept the risk of a finding for a time, once a second administrator has approved (INVARIANTS F2)."""
    until = datetime.fromisoformat(terms["until"])
    row = _moved(subject, "accept", accepted_until=until)
    follow_market(asset=row.asset, findings=[row], actor=actor)
    publish(events.RiskAccepted(subject=row.id, tenant=row.asset.tenant_id, until=until), actor=actor)


@transaction.atomic
def lapse_acceptances() -> int:
    """Reopen the findings whose acceptance has run out; how many."""
    due = Finding.objects.filter(state=FindingState.ACCEPTED, accepted_until__lte=Now())
    rows = list(due.order_by("id").values_list("id", flat=True))
    for key in rows:
        row = _moved(key, "lapse", accepted_until=None)
        follow_market(asset=row.asset, findings=[row], actor=SYSTEM)
        publish(events.AcceptanceLapsed(subject=row.id, tenant=row.asset.tenant_id), actor=SYSTEM)
    return len(rows)


def _moved(finding: UUID, act: str, **values: object) -> Finding:
    row = Finding.objects.select_related("asset").select_for_update(of=("self",)).get(id=finding)
    row.state = LIFE.after(act, row.state)
    for name, value in values.items():
        setattr(row, name, value)
    row.advance("state", *values)
    return row
