"""What monitoring hears of: proposals that were withdrawn, instructions from above, and what became of those given below."""

from django.conf import settings

from kernel.actor import SYSTEM
from kernel.events import on
from kernel.services.proposals import ActWithdrawn
from monitoring.services import downward
from monitoring.services.instructions import ISSUE, withdraw_instruction
from monitoring.services.orders import carry_out
from nodes.events import OrderArrived, OrderReported
from nodes.selectors.instructions import order_at, report_at


@on(ActWithdrawn)
def close_draft(event: ActWithdrawn) -> None:
    """A draft instruction falls with its proposal."""
    if event.kind == ISSUE:
        withdraw_instruction(instruction=event.on, actor=SYSTEM)
    if event.kind == downward.ISSUE:
        downward.withdraw_node_instruction(instruction=event.on, actor=SYSTEM)


@on(OrderArrived)
def obey(event: OrderArrived) -> None:
    """An upstream's instruction is carried out here, or handed down; its events come in the order of its numbers."""
    order = order_at(node=event.node, sequence=event.sequence)
    if order.to in {"", settings.NODE_CODE}:
        carry_out(node=event.node, order=order)
    else:
        downward.hand_down(node=event.node, order=order)


@on(OrderReported)
def learn(event: OrderReported) -> None:
    """A node below told what became of an instruction of ours."""
    report = report_at(node=event.node, sequence=event.sequence)
    downward.learn_of_instruction(node=event.node, report=report)
