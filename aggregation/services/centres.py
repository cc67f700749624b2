"""Registering compute centres."""

from typing import Any

from django.db import IntegrityError, transaction

from aggregation.errors import KeyTaken
from aggregation.events import CentreRegistered
from aggregation.models import Centre
from kernel.actor import Actor
from kernel.services.outbox import publish
from participants.selectors.organisations import require_certified


@transaction.atomic
def register_centre(*, key: str, facts: dict[str, Any], actor: Actor) -> Centre:
    """Register a centre of the caller's; `facts` are the columns of the row, checked by the serializer.

    Raises NotCertified before the provider's certification, KeyTaken where the key stands for something.
    """
    require_certified(actor)
    assert actor.tenant_id is not None  # noqa: S101 - providers are organisations
    try:
        with transaction.atomic():
            row = Centre.objects.create(tenant_id=actor.tenant_id, key=key, **facts)
    except IntegrityError as error:
        raise KeyTaken(pointer="/centre", key=key) from error
    publish(CentreRegistered(subject=row.id, tenant=row.tenant_id, key=key), actor=actor)
    return row
