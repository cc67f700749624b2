"""Which events may leave the node, and who is told of one."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime
from functools import cache
from uuid import UUID

from django.db.models import Q, QuerySet

from kernel.actor import Actor, Reach, Role
from kernel.models import EventRecord
from kernel.permissions import reach_of, table
from kernel.profiles import read_profile
from kernel.questions import question
from kernel.text import Text
from participants.domain.organisations import OrganisationState
from participants.domain.webhooks import EVERY, Leaving, WebhookState, covers
from participants.models import Webhook
from participants.selectors.profiles import PROFILES


@cache
def leaving() -> dict[str, Leaving]:
    """The events that may leave, by name; what the profile does not list never leaves."""
    document = read_profile(PROFILES / "webhooks.yaml")
    return {
        name: Leaving(name, row["read"], Text(row["zh"], row["en"]))
        for name, row in document["events"].items()
    }


def reach_for(name: str, actor: Actor) -> Reach:
    """How far somebody reads what an event is about, without a mandate: what is done by mandate is on record."""
    return reach_of(leaving()[name].read, replace(actor, mandate=frozenset()))


def open_to(asked: str, actor: Actor) -> list[str]:
    """The events that an asked type stands for and that somebody may be told of."""
    names = [name for name in leaving() if covers(asked, name)]
    return [name for name in names if reach_for(name, actor) is not Reach.NONE]


def beyond(webhook: Webhook, actor: Actor) -> list[str]:
    """The events that a subscription is told of, or more of, and that somebody is not: by role or by key."""
    names = [name for name in leaving() if any(covers(asked, name) for asked in webhook.event_types)]
    return [name for name in names if is_beyond(name, webhook, actor)]


def is_beyond(name: str, webhook: Webhook, actor: Actor) -> bool:
    """Whether a subscription is told more of an event than somebody may be."""
    known = leaving().get(name)  # a ping, or what left under an earlier release, is no secret of a role
    return known is not None and reach_for(name, actor).width < reach_for(name, _reader(webhook)).width


def subscribers_of(name: str, *, tenant: UUID | None, parties: Collection[UUID]) -> list[Webhook]:
    """The subscriptions that are told of an event: of its tenant, of its parties, or of those who read all. One query.

    A disabled one is told of nothing; for a paused one the deliveries wait.
    """
    concerned = {*parties, *({tenant} if tenant else ())}
    everything = [role for role in Role if table().get(leaving()[name].read, {}).get(role) is Reach.ALL]
    asked = [name, name.split(".", 1)[0] + EVERY]
    rows = _asking(names=asked, organisations=list(concerned), roles=[role.value for role in everything])
    return [row for row in rows if _hears(row, name, concerned)]


@question
def _asking(*, names: list[str], organisations: list[UUID], roles: list[str]) -> QuerySet[Webhook]:
    rows = Webhook.objects.filter(event_types__overlap=names)
    rows = rows.filter(Q(organisation__id__among=organisations) | Q(roles__overlap=roles))
    closed = OrganisationState.CLOSED.value
    return rows.exclude(state=WebhookState.DISABLED.value).exclude(organisation__state=closed)


def events_for(webhook: Webhook, *, since: datetime, limit: int) -> Sequence[EventRecord]:
    """Up to `limit` events since a time that the subscription is told of, oldest first."""
    reader = _reader(webhook)
    names = {
        name: reach_for(name, reader) for asked in webhook.event_types for name in open_to(asked, reader)
    }
    every = [name for name, reach in names.items() if reach is Reach.ALL]
    mine = webhook.organisation_id
    concerns = Q(tenant_id=mine) | Q(payload__parties__contains=[str(mine)])
    rows = EventRecord.objects.filter(Q(name__in=every) | (Q(name__in=list(names)) & concerns))
    return list(rows.filter(occurred_at__gte=since).order_by("id")[:limit])


def _hears(webhook: Webhook, name: str, concerned: Collection[UUID]) -> bool:
    reach = reach_for(name, _reader(webhook))
    return reach is Reach.ALL or (reach is not Reach.NONE and webhook.organisation_id in concerned)


def _reader(webhook: Webhook) -> Actor:
    """Who subscribed, as the permission table knows it."""
    return Actor(
        tenant_id=webhook.organisation_id, roles=frozenset(webhook.roles), scopes=frozenset(webhook.scopes)
    )
