"""From a key to the actor it stands for."""

import hashlib
import hmac
from datetime import timedelta
from typing import Any

from django.db.models import Q, QuerySet
from django.db.models.functions import Now

from kernel.actor import Actor
from kernel.questions import question
from kernel.tenancy import at_the_door
from participants.domain.organisations import OrganisationState
from participants.models.credentials import ApiKey
from participants.selectors.mandates import given_by, operations_given

KEY_PARTS = 3
USE_NOTED_EVERY = timedelta(minutes=1)  # so that a busy key costs one write a minute


@question
def live_keys(*, prefix: str) -> QuerySet[Any]:
    """The key of this prefix, where it signs in, with its membership and what its house is given."""
    live = Q(
        revoked_at=None, expires_at__gt=Now(), membership__ended_at=None, membership__user__is_active=True
    ) & ~Q(membership__organisation__state=OrganisationState.CLOSED)
    return (
        ApiKey.objects.filter(live, prefix=prefix)
        .select_related("membership__user", "membership__organisation")
        .annotate(
            mandate=operations_given("membership__organisation_id"),
            mandator=given_by("membership__organisation_id"),
            use_is_stale=Q(last_used_at=None) | Q(last_used_at__lt=Now() - USE_NOTED_EVERY),
        )
    )


def actor_of_key(key: str) -> tuple[ApiKey, Actor, bool] | None:
    """The key's row, its actor and whether its last use is to be noted; or None for a key that is unknown, wrong, expired or revoked."""
    parts = key.split("_")
    if len(parts) != KEY_PARTS or parts[0] != "cin":
        return None
    with at_the_door():
        row = next(iter(live_keys(prefix=parts[1])), None)
    if row is None or not hmac.compare_digest(bytes(row.digest), hashlib.sha256(key.encode()).digest()):
        return None
    member = row.membership
    actor = Actor(
        user_id=member.user_id,
        tenant_id=member.organisation_id,
        roles=frozenset(member.roles),
        scopes=frozenset(row.scopes),
        credential=row.id,
        mandate=frozenset(row.mandate),
        mandator=row.mandator,
    )
    return row, actor, row.use_is_stale
