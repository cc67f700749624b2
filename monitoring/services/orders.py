"""Carrying out what an upstream instructs: in force here as an instruction of our own regulator would be, and told back."""

from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction

from aggregation.selectors.owners import owners
from identifiers.selectors.mirrors import holder_of
from kernel.actor import Actor
from kernel.clock import now
from kernel.models.suspensions import SuspensionScope
from monitoring.domain.instructions import EFFECTIVE
from monitoring.models import Instruction
from monitoring.services.instructions import end_instruction, put_in_force
from nodes.selectors.instructions import Order, OrderAct, OrderReport, OrderState
from nodes.services.instructions import report_order
from participants.selectors.organisations import parties_of

UNKNOWN, AMBIGUOUS = (
    "unknown_subject",
    "ambiguous_subject",
)  # a legal entity in several roles: name one by identifier
OVER, NUMBER, SCOPE = "term_over", "instruction_exists", "unknown_scope"


@transaction.atomic
def carry_out(*, node: str, order: Order) -> None:
    """Put an upstream's instruction in force, or lift it. What was done before is not done again."""
    row = Instruction.objects.select_for_update().filter(id=order.id).first()
    if order.act == OrderAct.LIFT:
        if row is not None and row.node == node and row.state in EFFECTIVE:
            end_instruction(row.id, "lift", Actor(node=node))
    elif row is None:
        _issue(node, order)


def _issue(node: str, order: Order) -> None:
    until = datetime.fromisoformat(order.valid_until) if order.valid_until else None
    found = _subjects(order.subject)
    why = ""
    if order.scope not in SuspensionScope.codes():
        why = SCOPE
    elif until is not None and until <= now():
        why = OVER
    elif len(found) != 1:
        why = AMBIGUOUS if found else UNKNOWN
    if why:
        _refuse(node, order, why)
        return
    ((subject, party),) = found
    try:
        with transaction.atomic():
            row = Instruction.objects.create(
                id=UUID(order.id),
                tenant_id=party,
                subject=subject,
                node=node,
                number=order.number,
                legal_basis=order.legal_basis,
                reason=order.reason,
                effect=order.effect,
                scope=order.scope,
                valid_until=until,
            )
    except IntegrityError:
        _refuse(node, order, NUMBER)
        return
    put_in_force(row.id, Actor(node=node))


def _refuse(node: str, order: Order, reason: str) -> None:
    report = OrderReport(order.id, OrderState.NOT_APPLIED.value, now().isoformat(), reason=reason)
    report_order(node=node, report=report)


def _subjects(about: str) -> list[tuple[UUID, UUID]]:
    """What could be suspended here, each with the party that it concerns; empty where this node knows neither."""
    if "/" not in about:
        return [(party, party) for party in parties_of(about)]
    holder = holder_of(about)
    if holder is None:
        return []
    party, resource = holder
    known = resource == party or owners([resource]).get(resource) == party
    return [(resource, party)] if known else []
