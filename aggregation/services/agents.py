"""Registering the agents that report for providers, and making sure of whom the node calls."""

from urllib.parse import urlsplit

from django.conf import settings
from django.db import IntegrityError, transaction

from aggregation.adapters.dns.client import addresses_of
from aggregation.domain.callbacks import check_addresses, check_callback
from aggregation.errors import CallbackRefused, KeyTaken
from aggregation.events import AgentChanged, AgentRegistered
from aggregation.models import Agent
from kernel.actor import Actor
from kernel.services.outbox import publish
from participants.selectors.organisations import require_certified

PORTS = {"http": 80, "https": 443}


@transaction.atomic
def register_agent(*, key: str, callback_url: str, actor: Actor) -> Agent:
    """Register an agent of the caller's. Raises NotCertified, CallbackRefused, KeyTaken."""
    require_certified(actor)
    assert actor.tenant_id is not None  # noqa: S101 - providers are organisations
    check_callback(callback_url, allow_private=settings.ALLOW_PRIVATE_CALLBACKS)
    try:
        with transaction.atomic():
            row = Agent.objects.create(tenant_id=actor.tenant_id, key=key, callback_url=callback_url)
    except IntegrityError as error:
        raise KeyTaken(pointer="/agent", key=key) from error
    publish(AgentRegistered(subject=row.id, tenant=row.tenant_id), actor=actor)
    return row


@transaction.atomic
def change_agent(*, agent: Agent, callback_url: str, actor: Actor) -> Agent:
    """Call the agent back at another address from now on. Raises CallbackRefused."""
    check_callback(callback_url, allow_private=settings.ALLOW_PRIVATE_CALLBACKS)
    row = Agent.objects.select_for_update().get(id=agent.id)
    row.callback_url = callback_url
    row.advance("callback_url")
    publish(AgentChanged(subject=row.id, tenant=row.tenant_id), actor=actor)
    return row


def check_reachable(callback_url: str) -> str:
    """The IP address to connect to for a callback, resolved now: ask right before each call.

    A name that was public when it was registered may point inside today, so every address behind it is
    checked. Raises CallbackRefused for an inner address or a name that resolves to none.
    """
    allow_private = settings.ALLOW_PRIVATE_CALLBACKS
    check_callback(callback_url, allow_private=allow_private)
    parts = urlsplit(callback_url)
    addresses = addresses_of(parts.hostname or "", parts.port or PORTS[parts.scheme])
    check_addresses(addresses, allow_private=allow_private)
    if not addresses:
        raise CallbackRefused(
            pointer="/callback_url",
            reason_zh=f"主机名 {parts.hostname} 无法解析。",
            reason_en=f"The name {parts.hostname} resolves to no address.",
        )
    return addresses[0]
