"""Appointing supporting units, reading authorities and auditors, and saying what they may do, by two regulators."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import F
from django.db.models.functions import Now

from kernel.actor import Actor, Reach
from kernel.clock import now, shanghai_date
from kernel.errors import InvalidField
from kernel.models.proposals import Proposal
from kernel.permissions import MANDATED, table
from kernel.proposals import four_eyes
from kernel.services.outbox import publish
from kernel.services.proposals import propose_act
from participants import events
from participants.domain.credit_codes import read_code
from participants.domain.organisations import ROLES_OF_KIND, OrganisationKind, OrganisationState
from participants.errors import AlreadyRegistered, NotMandatable
from participants.models import Invitation, Mandate, Organisation
from participants.services.invitations import offer_seat

KIND = "participants.mandate"
LONGEST = timedelta(days=366)


@transaction.atomic
def appoint_organisation(
    *, kind: OrganisationKind, name: str, code: str, division: str, email: str, actor: Actor
) -> tuple[Organisation, Invitation, str]:
    """Bring in an organisation that supervises or reads, and open the seat of its first administrator.

    Returns the organisation, the invitation and its token, which nobody can read again.
    Raises MalformedCreditCode, AlreadyRegistered (the code in this kind).
    """
    compact, check = read_code(code)
    try:
        with transaction.atomic():
            row = Organisation.objects.create(
                kind=kind,
                name=name,
                code=compact,
                code_check=check,
                division=division,
                state=OrganisationState.CERTIFIED,
            )
    except IntegrityError as error:
        raise AlreadyRegistered(pointer="/code", written=compact) from error
    publish(
        events.OrganisationRegistered(subject=row.id, tenant=row.id, kind=kind.value, code_check=check.value),
        actor=actor,
    )
    roles = ROLES_OF_KIND[kind]
    seat, token = offer_seat(organisation=row, email=email, roles=roles, administers=True, actor=actor)
    return row, seat, token


@transaction.atomic
def propose_mandate(
    *,
    organisation: Organisation,
    operations: Sequence[str],
    case: str,
    reason: str,
    last_day: date,
    actor: Actor,
) -> Proposal:
    """Ask a second regulator to let an appointed organisation do and see the named operations until a last day.

    Raises NotMandatable (kind or operation), InvalidField for a last day that has passed or is over a year away.
    """
    _require_coming(last_day)
    may = mandatable(organisation.kind)
    if not may:
        raise NotMandatable(
            reason_zh="仅可委托技术支撑单位、审计机构。",
            reason_en="Only a supporting unit or an auditor is given a mandate.",
        )
    for at, operation in enumerate(operations):
        if operation not in may:
            raise NotMandatable(
                pointer=f"/operations/{at}",
                reason_zh=f"{operation} 不可委托给该类型主体；可委托：{'、'.join(sorted(may))}。",
                reason_en=f"{operation} cannot be given to this kind; what can: {', '.join(sorted(may))}.",
            )
    terms = {
        "operations": sorted(set(operations)),
        "case": case,
        "reason": reason,
        "last_day": last_day.isoformat(),
        "proposer": str(actor.person),
    }
    return propose_act(kind=KIND, subject=organisation.id, terms=terms, actor=actor)


@four_eyes(KIND, operation="participants.propose_mandate")
@transaction.atomic
def grant_mandate(subject: UUID, terms: dict[str, Any], actor: Actor) -> None:
    """Give organisation `subject` the proposed mandate, once a second regulator has approved."""
    last_day = date.fromisoformat(terms["last_day"])
    _require_coming(last_day)
    assert actor.tenant_id  # noqa: S101 - a regulator approves
    row = Mandate.objects.create(
        organisation_id=subject,
        grantor=actor.tenant_id,
        operations=terms["operations"],
        case=terms["case"],
        reason=terms["reason"],
        last_day=last_day,
        proposed_by=UUID(terms["proposer"]),
        approved_by=actor.person,
    )
    granted = events.MandateGranted(
        subject=row.id, tenant=subject, operations=tuple(row.operations), last_day=last_day
    )
    publish(granted, actor=actor)


@transaction.atomic
def end_mandate(*, mandate: Mandate, actor: Actor) -> Mandate:
    """End a mandate at once; again changes nothing. One regulator is enough to take rights away."""
    if Mandate.objects.filter(id=mandate.id, ended_at=None).update(
        ended_at=Now(), ended_by=actor.user_id, generation=F("generation") + 1
    ):
        publish(events.MandateEnded(subject=mandate.id, tenant=mandate.organisation_id), actor=actor)
    mandate.refresh_from_db()
    return mandate


def mandatable(kind: str) -> frozenset[str]:
    """The operations that members of a kind may be given by mandate: the rows of the table that say more than own."""
    roles = ROLES_OF_KIND[OrganisationKind(kind)] & MANDATED
    return frozenset(
        operation
        for operation, row in table().items()
        if any(row.get(role, Reach.OWN) is not Reach.OWN for role in roles)
    )


def _require_coming(last_day: date) -> None:
    today = shanghai_date(now())
    if not today <= last_day <= today + LONGEST:
        raise InvalidField(
            pointer="/last_day",
            reason_zh="有效期截止日须在今天至一年之内。",
            reason_en="The last day is today at the earliest, and within a year.",
        )
