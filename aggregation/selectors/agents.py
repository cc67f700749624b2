"""Where a provider's agent is called."""

from uuid import UUID

from aggregation.models import Agent


def callback(provider: UUID) -> str | None:
    """The callback URL of the provider's newest agent; None where it has registered none.

    The name behind it may have moved since: ask `aggregation.services.agents.check_reachable` before a call.
    """
    newest = Agent.objects.filter(tenant_id=provider).order_by("-id")
    return newest.values_list("callback_url", flat=True).first()
