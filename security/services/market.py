"""What a critical finding does to the market: the resources that rest on its asset are not sold while it stands."""

from collections.abc import Iterable

from django.db import transaction

from kernel.actor import Actor
from kernel.models.suspensions import Suspension, SuspensionCause, SuspensionScope
from kernel.services.suspensions import close_suspension, open_suspension
from security.domain.findings import LIVE
from security.domain.severities import Severity
from security.models import Asset, Finding


@transaction.atomic
def follow_market(*, asset: Asset, findings: Iterable[Finding], actor: Actor) -> None:
    """Open or close the suspension of each of the asset's resources for each of these findings, as it stands now.

    A suspension refers to its finding: closing one leaves those of other findings, and of other causes, open.
    """
    open_now = Suspension.objects.filter(
        subject__in=asset.resources, cause=SuspensionCause.FINDING, closed_at=None
    )
    suspending = set(open_now.values_list("reference", flat=True))
    for finding in findings:
        stands = finding.severity == Severity.CRITICAL and finding.state in LIVE
        if not stands and finding.id not in suspending:
            continue
        for resource in asset.resources:
            if stands:
                open_suspension(
                    subject=resource,
                    tenant=asset.tenant_id,
                    cause=SuspensionCause.FINDING,
                    scope=SuspensionScope.NEW_SALE,
                    reference=finding.id,
                    actor=actor,
                )
            else:
                close_suspension(
                    subject=resource,
                    tenant=asset.tenant_id,
                    cause=SuspensionCause.FINDING,
                    reference=finding.id,
                    actor=actor,
                )
