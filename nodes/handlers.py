"""What nodes do when something happens below: every act on an identifier is filed at the upstream."""

from identifiers import events as identifiers
from kernel.events import on
from nodes.domain.filings import FilingAct
from nodes.services.filings import file_identifier


@on(identifiers.IdentifierIssued)
def file_issue(event: identifiers.IdentifierIssued) -> None:
    """File a new code; it goes active with the receipt."""
    file_identifier(identifier=event.subject, act=FilingAct.ISSUE)


@on(identifiers.DescriptorChanged)
def file_descriptor(event: identifiers.DescriptorChanged) -> None:
    """File the next version of a descriptor."""
    file_identifier(identifier=event.subject, act=FilingAct.DESCRIBE)


@on(identifiers.IdentifierSuspended)
def file_suspension(event: identifiers.IdentifierSuspended) -> None:
    """Tell that a code is suspended."""
    file_identifier(identifier=event.subject, act=FilingAct.SUSPEND)


@on(identifiers.IdentifierReinstated)
def file_reinstatement(event: identifiers.IdentifierReinstated) -> None:
    """Tell that a code is active again."""
    file_identifier(identifier=event.subject, act=FilingAct.REINSTATE)


@on(identifiers.IdentifierRetired)
def file_retirement(event: identifiers.IdentifierRetired) -> None:
    """Tell that a code is a tombstone."""
    file_identifier(identifier=event.subject, act=FilingAct.RETIRE)
