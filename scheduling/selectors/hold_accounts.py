"""How many holds an organisation has, and may have."""

from uuid import UUID

from kernel.actor import Actor
from kernel.clock import now
from kernel.errors import NotFound
from kernel.models import HoldAccount
from participants.selectors.organisations import standings


def hold_account(*, tenant: UUID | None, actor: Actor) -> HoldAccount:
    """The account of an organisation, by default the actor's own; an empty one where it never held anything.

    Raises NotFound for another's that the actor does not see, and for what is no organisation.
    """
    asked = tenant or actor.tenant_id
    assert asked is not None  # noqa: S101 - whoever may ask is a member of an organisation
    if asked != actor.tenant_id and not (actor.reach.everywhere and asked in standings([asked])):
        raise NotFound(parameter="organisation")
    row = HoldAccount.objects.filter(tenant_id=asked).first()
    return row or HoldAccount(tenant_id=asked, lapsed_since=now())
