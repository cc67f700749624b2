"""Taking sites, spans and tariffs off the market: nothing more is sold of them, and what was sold goes on."""

from typing import TypeVar

from django.db import transaction
from django.db.models import Q

from aggregation.selectors.centres import selling_at
from kernel.actor import Actor
from kernel.clock import now
from kernel.services.capacity import lock_rows
from kernel.services.outbox import publish
from kernel.text import Text
from scheduling.domain.one_hop import STANDING
from scheduling.domain.withdrawals import SaleState, told
from scheduling.errors.lines import SiteInUse
from scheduling.events import SupplyWithdrawn
from scheduling.models import LineTariff, OneHopAccess, Site, Span
from scheduling.models.withdrawals import Withdrawable

W = TypeVar("W", bound=Withdrawable)

SPANS = Text("线路 {named}", "lines: {named}")
CENTRES = Text("在售的算力中心 {named}", "centres that sell: {named}")
ONE_HOPS = Text("至这些中心的一跳入算 {named}", "one-hop accesses to: {named}")


@transaction.atomic
def withdraw_tariff(*, tariff: LineTariff, reason: str, actor: Actor) -> LineTariff:
    """The caller sells this step in this zone no more; once more changes nothing. Quotes that stand are kept to."""
    rows = LineTariff.objects.select_related("product__provider")
    row = rows.select_for_update(of=("self",)).get(id=tariff.id)
    return _withdrawn(row, "tariff", reason, actor)


@transaction.atomic
def withdraw_span(*, span: Span, reason: str, actor: Actor) -> Span:
    """The caller sells this fibre or committed line no more; once more changes nothing. What it carries goes on.

    Under the ledger's lock, as a hold asks the gate: every hold of it is before this, or is refused.
    """
    row = Span.objects.select_for_update().get(id=span.id)
    lock_rows([row.id])
    return _withdrawn(row, "span", reason, actor)


@transaction.atomic
def withdraw_site(*, site: Site, reason: str, actor: Actor) -> Site:
    """The caller's network meets nobody at this site any more; once more changes nothing.

    Raises SiteInUse, naming it, where anything that is sold or was declared meets the network there.
    """
    row = Site.objects.select_for_update().get(id=site.id)
    if not row.is_withdrawn and (uses := _uses(row)):
        raise SiteInUse(
            site=row.key,
            uses_zh="；".join(each.zh for each in uses),
            uses_en="; ".join(each.en for each in uses),
        )
    return _withdrawn(row, "site", reason, actor)


def _withdrawn(row: W, kind: str, reason: str, actor: Actor) -> W:
    """The row, locked, off the market."""
    if not row.is_withdrawn:
        row.state, row.withdrawn_at, row.withdrawal_reason = SaleState.WITHDRAWN.value, now(), reason
        row.advance("state", "withdrawn_at", "withdrawal_reason")
        tenant, *_ = row.concerned()
        publish(SupplyWithdrawn(subject=row.id, tenant=tenant, kind=kind), actor=actor)
    return row


def _uses(site: Site) -> list[Text]:
    """What is in the way: lines that end there, centres that sell, one-hop accesses; of others' lines and accesses how many."""
    ending = Span.objects.listed().filter(Q(a=site) | Q(b=site))
    own = list(ending.filter(tenant_id=site.tenant_id).values_list("key", flat=True))
    others = ending.exclude(tenant_id=site.tenant_id).count()
    hops = OneHopAccess.objects.filter(site=site, state__in=STANDING)
    reached = list(hops.filter(tenant_id=site.tenant_id).values_list("centre", flat=True))
    found = (
        (SPANS, own, others),
        (CENTRES, selling_at(site.key), 0),
        (ONE_HOPS, reached, hops.exclude(tenant_id=site.tenant_id).count()),
    )
    return [
        Text(what.zh.format(named=named.zh), what.en.format(named=named.en))
        for what, keys, more in found
        if keys or more
        for named in (told(keys, more),)
    ]
