"""Giving a tenant a quota of holds of its own."""

from uuid import UUID

from django.db import transaction

from kernel.actor import Actor
from kernel.errors import InvalidField
from kernel.models import HoldAccount
from kernel.services.hold_accounts import limit_holds
from kernel.services.outbox import publish
from participants.selectors.organisations import standings
from scheduling import events


@transaction.atomic
def set_hold_quota(*, tenant: UUID, most: int | None, most_lapsed: int | None, actor: Actor) -> HoldAccount:
    """Let a tenant have so many holds at a time, and so many that lapse within an hour; None: the house's limits.

    Raises InvalidField for an organisation that is not there.
    """
    if tenant not in standings([tenant]):
        raise InvalidField(
            pointer="/organisation", reason_zh="没有该主体。", reason_en="There is no such organisation."
        )
    row = limit_holds(tenant=tenant, most=most, most_lapsed=most_lapsed)
    publish(
        events.HoldQuotaSet(subject=tenant, tenant=tenant, most=most, most_lapsed=most_lapsed), actor=actor
    )
    return row
