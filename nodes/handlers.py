"""What nodes do when something happens below: acts on identifiers are filed upwards, forwarded, or told to who asked.

Number blocks are asked of the upstream.
"""

from identifiers import events as identifiers
from kernel.events import Event, on
from kernel.systems import System, runs_here
from nodes.domain.blocks import BlockRequest
from nodes.domain.filings import FilingAct
from nodes.domain.forwarding import ForwardedAct
from nodes.services.blocks import ask_block
from nodes.services.filings import file_identifier
from nodes.services.forwarding import forward_act, tell_applicant

FILED: dict[type[Event], FilingAct] = {
    identifiers.IdentifierIssued: FilingAct.ISSUE,
    identifiers.DescriptorChanged: FilingAct.DESCRIBE,
    identifiers.IdentifierSuspended: FilingAct.SUSPEND,
    identifiers.IdentifierReinstated: FilingAct.REINSTATE,
    identifiers.IdentifierTransferred: FilingAct.TRANSFER,
    identifiers.IdentifierRetired: FilingAct.RETIRE,
}
FORWARDED: dict[type[Event], ForwardedAct] = {
    identifiers.IdentifierApplied: ForwardedAct.APPLY,
    identifiers.DescriptorChanged: ForwardedAct.DESCRIBE,
}
TOLD = {*FILED, identifiers.IdentifierRefused, identifiers.IdentifierActivated}


def pass_on(event: Event) -> None:
    """Let other nodes know of an act on an identifier: the upstream where this node issues, else the region that does.

    One subscriber for all acts: only within one subscriber are the events of a subject delivered in order, and an
    act filed before the issue would be refused at the upstream for ever.
    """
    kind = type(event)
    if not runs_here(System.IDENTIFIERS):
        if kind in FORWARDED:
            forward_act(identifier=event.subject, act=FORWARDED[kind])
        return
    if kind in FILED:
        file_identifier(identifier=event.subject, act=FILED[kind])
    if kind in TOLD:
        tell_applicant(identifier=event.subject)


for each in {*FILED, *FORWARDED, *TOLD}:
    on(each)(pass_on)


@on(identifiers.BlockNeeded)
def ask(event: identifiers.BlockNeeded) -> None:
    """Ask the upstream for a number block; its receipt is the answer."""
    ask_block(BlockRequest(event.prefix, event.number, event.incarnation))
