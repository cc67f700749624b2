"""What nodes do when something happens below: acts on identifiers are filed at the upstream, and blocks asked of it."""

from identifiers import events as identifiers
from kernel.events import Event, on
from nodes.domain.blocks import BlockRequest
from nodes.domain.filings import FilingAct
from nodes.services.blocks import ask_block
from nodes.services.filings import file_identifier

ACTS: dict[type[Event], FilingAct] = {
    identifiers.IdentifierIssued: FilingAct.ISSUE,
    identifiers.DescriptorChanged: FilingAct.DESCRIBE,
    identifiers.IdentifierSuspended: FilingAct.SUSPEND,
    identifiers.IdentifierReinstated: FilingAct.REINSTATE,
    identifiers.IdentifierTransferred: FilingAct.TRANSFER,
    identifiers.IdentifierRetired: FilingAct.RETIRE,
}


def file_act(event: Event) -> None:
    """File what happened to an identifier; a new code goes active with the receipt.

    One subscriber for all acts: only within one subscriber are the events of a subject delivered in order, and an
    act filed before the issue would be refused at the upstream for ever.
    """
    file_identifier(identifier=event.subject, act=ACTS[type(event)])


for kind in ACTS:
    on(kind)(file_act)


@on(identifiers.BlockNeeded)
def ask(event: identifiers.BlockNeeded) -> None:
    """Ask the upstream for a number block; its receipt is the answer."""
    ask_block(BlockRequest(event.prefix, event.number, event.incarnation))
