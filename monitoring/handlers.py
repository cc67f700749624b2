"""What monitoring hears of: proposals that were withdrawn."""

from kernel.actor import SYSTEM
from kernel.events import on
from kernel.services.proposals import ActWithdrawn
from monitoring.services.instructions import ISSUE, withdraw_instruction


@on(ActWithdrawn)
def close_draft(event: ActWithdrawn) -> None:
    """A draft instruction falls with its proposal."""
    if event.kind == ISSUE:
        withdraw_instruction(instruction=event.on, actor=SYSTEM)
