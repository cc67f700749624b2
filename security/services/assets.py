"""Registering assets, and stating which resources rest on them."""

from collections.abc import Sequence
from uuid import UUID

from django.db import IntegrityError, transaction

from aggregation.selectors.owners import owners
from kernel.actor import Actor
from kernel.services.outbox import publish
from security.domain.findings import LIVE, AssetKind
from security.domain.severities import Severity
from security.errors import AssetExists, AssetRefused, AssetTied
from security.events import AssetLinked, AssetRegistered
from security.models import Asset, Finding


@transaction.atomic
def register_asset(*, key: str, kind: AssetKind, name: str, resources: Sequence[UUID], actor: Actor) -> Asset:
    """Enter an asset of the actor's organisation. Raises AssetRefused for others' resources, AssetExists."""
    assert actor.tenant_id is not None  # noqa: S101 - owners are organisations
    _require_own(resources, actor.tenant_id)
    try:
        with transaction.atomic():
            row = Asset.objects.create(
                tenant_id=actor.tenant_id, key=key, kind=kind, name=name, resources=sorted(set(resources))
            )
    except IntegrityError as error:
        raise AssetExists(pointer="/asset", asset=key) from error
    publish(
        AssetRegistered(
            subject=row.id, tenant=row.tenant_id, kind=kind.value, resources=tuple(row.resources)
        ),
        actor=actor,
    )
    return row


@transaction.atomic
def link_asset(*, asset: Asset, resources: Sequence[UUID], actor: Actor) -> Asset:
    """State anew which resources rest on an asset.

    Raises AssetRefused for others' resources, AssetTied while a critical finding stands: nobody frees an offer
    by taking it off the list.
    """
    row = Asset.objects.select_for_update().get(id=asset.id)
    _require_own(resources, row.tenant_id)
    if Finding.objects.filter(asset=row, severity=Severity.CRITICAL, state__in=LIVE).exists():
        raise AssetTied
    row.resources = sorted(set(resources))
    row.advance("resources")
    publish(AssetLinked(subject=row.id, tenant=row.tenant_id, resources=tuple(row.resources)), actor=actor)
    return row


def _require_own(resources: Sequence[UUID], owner: UUID) -> None:
    found = owners(resources)
    for index, resource in enumerate(resources):
        if found.get(resource) != owner:
            raise AssetRefused(
                pointer=f"/resources/{index}",
                reason_zh="请填写资产所属主体登记的算力中心、资源池或报价的 id。",
                reason_en="Give ids of centres, pools or offers of the asset's owner.",
            )
