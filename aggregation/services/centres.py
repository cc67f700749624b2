"""Registering compute centres."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError, transaction

from aggregation.errors import KeyTaken
from aggregation.events import CentreRegistered
from aggregation.models import Centre
from aggregation.selectors.pools import free_keys
from kernel.actor import Actor
from kernel.errors import Problem
from kernel.services.outbox import publish_each
from participants.selectors.organisations import require_certified


@dataclass(frozen=True, slots=True)
class CentreDraft:
    """A centre's key and the columns of its row, checked by the serializer."""

    key: str
    facts: dict[str, Any]


@transaction.atomic
def register_centre(*, key: str, facts: dict[str, Any], actor: Actor) -> Centre:
    """Register a centre of the caller's. Raises NotCertified, KeyTaken where the key stands for something."""
    (found,) = register_centres(drafts=[CentreDraft(key, facts)], actor=actor)
    if isinstance(found, Problem):
        raise found
    return found


@transaction.atomic
def register_centres(*, drafts: Sequence[CentreDraft], actor: Actor) -> list[Centre | Problem]:
    """Register the centres that can be, and say why each of the others cannot, in order.

    Raises NotCertified before the provider's certification, KeyTaken where another writer was faster.
    """
    require_certified(actor)
    assert actor.tenant_id is not None  # noqa: S101 - providers are organisations
    free = free_keys(Centre, [draft.key for draft in drafts])
    found: list[Centre | Problem] = [
        Centre(tenant_id=actor.tenant_id, key=draft.key, **draft.facts)
        if place in free
        else KeyTaken(pointer="/centre", key=draft.key)
        for place, draft in enumerate(drafts)
    ]
    rows = [each for each in found if isinstance(each, Centre)]
    try:
        with transaction.atomic():
            Centre.objects.bulk_create(rows)
    except IntegrityError as error:
        raise KeyTaken(pointer="/centre", key="、".join(row.key for row in rows[:3])) from error
    publish_each(
        [CentreRegistered(subject=row.id, tenant=row.tenant_id, key=row.key) for row in rows], actor=actor
    )
    return found
