"""Work of identifiers that runs later."""

from identifiers.services.applications import ISSUE_JOB
from identifiers.services.issuing import issue_by_rule
from kernel.jobs import job


@job(ISSUE_JOB)
def issue() -> None:
    """Issue all that waits for the rule; harmless when run twice."""
    while issue_by_rule():
        pass
