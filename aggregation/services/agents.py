"""Registering the agents that report for providers, and where the node calls them."""

from django.db import IntegrityError, transaction

from aggregation.errors import KeyTaken
from aggregation.events import AgentChanged, AgentRegistered
from aggregation.models import Agent
from kernel.actor import Actor
from kernel.egress import check_url
from kernel.services.outbox import publish
from participants.selectors.organisations import require_certified


@transaction.atomic
def register_agent(*, key: str, callback_url: str, actor: Actor) -> Agent:
    """Register an agent of the caller's. Raises NotCertified, CallbackRefused, KeyTaken."""
    require_certified(actor)
    assert actor.tenant_id is not None  # noqa: S101 - providers are organisations
    check_url(callback_url, pointer="/callback_url")
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
    check_url(callback_url, pointer="/callback_url")
    row = Agent.objects.select_for_update().get(id=agent.id)
    row.callback_url = callback_url
    row.advance("callback_url")
    publish(AgentChanged(subject=row.id, tenant=row.tenant_id), actor=actor)
    return row
