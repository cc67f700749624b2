"""What happens after an act on an identifier: what was answered of it before is not handed out any more.

The act itself strikes it out once it has committed; this makes it certain, should the process have ended in between.
"""

from identifiers import events
from identifiers.services.resolution import strike_answer
from kernel.events import Event, on


def strike(event: Event) -> None:
    """Strike out the answer that is kept of the identifier."""
    strike_answer(identifier=event.subject)


for kind in (
    events.IdentifierActivated,
    events.DescriptorChanged,
    events.ProofKeyRegistered,
    events.IdentityAnswered,
    events.IdentifierSuspended,
    events.IdentifierReinstated,
    events.IdentifierRetired,
):
    on(kind)(strike)
