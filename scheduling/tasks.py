"""Jobs of scheduling."""

from uuid import UUID

from kernel.jobs import job
from scheduling.services.dispatches import SEND, send_dispatch
from scheduling.services.openings import DEEM, deem_line


@job(SEND)
def send(dispatch: str) -> None:
    """Try to hand an order to its provider's agent."""
    send_dispatch(dispatch=UUID(dispatch))


@job(DEEM)
def deem(opening: str) -> None:
    """Let silence become acceptance, when its time has come."""
    deem_line(opening=UUID(opening))
