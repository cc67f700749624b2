"""What the participants floor does when anything happens anywhere: it notes who is to be told by a webhook."""

from uuid import UUID

from kernel.events import on_every
from participants.services.deliveries import note_event


@on_every
def tell_subscribers(event: UUID) -> None:
    """Queue the event for the subscriptions that may be told of it."""
    note_event(event=event)
