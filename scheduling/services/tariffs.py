"""Setting the prices of lines."""

from typing import Any

from django.db import transaction

from kernel.actor import Actor
from kernel.domain.imports import ImportReport, csv_rows
from kernel.locks import Lock, take_lock
from kernel.services.outbox import publish
from participants.selectors.organisations import require_certified
from scheduling.domain.price_lists import Key, matched, named, term_faults
from scheduling.domain.topologies.disclosures import TARIFF_COLUMNS, step_faults
from scheduling.domain.topologies.elements import read_elements, too_many, twice
from scheduling.events import TariffsImported
from scheduling.models import LineProduct, LineTariff
from scheduling.services.line_providers import claim_key
from scheduling.services.spans import marking_kept, put_rows
from scheduling.services.withdrawals import withdraw_tariff

NO_LONGER_LISTED = "导入的资费对该速率、区间不再列出此期限 the prices that were imported name this term no more under its step and zone"

TERMS = (
    "one_off_cny",
    "monthly_cny",
    "monthly_cny_per_km",
    "min_months",
    "elastic_cny_hour",
    "terminal_us",
    "lead_days",
    "lead_in",
)


@transaction.atomic
def import_tariffs(*, text: str, marking: str | None, dry_run: bool, actor: Actor) -> ImportReport:
    """Take a whole CSV of tariff rows or nothing; a (technology, step, zone) that is on the market is priced anew.

    What a file names of these it says all terms of: a term that it does not say is withdrawn. Others stay. The line products
    appear with their first row. Raises NotCertified, ProviderKeyTaken.
    """
    require_certified(actor)
    assert actor.tenant_id is not None  # noqa: S101 - a certified party is an organisation
    take_lock(Lock.SNAPSHOT, "networks")
    given, torn = csv_rows(text)
    if many := too_many(given, "/lines"):
        return ImportReport(dry_run, len(given), 0, 0, tuple(many))
    rows, wrong = read_elements(TARIFF_COLUMNS, given)
    faults = [
        *torn,
        *wrong,
        *twice(rows, "line_provider", "technology", "bandwidth_mbps", "zone", "min_months"),
        *step_faults(rows),
        *term_faults(rows),
        *(
            row.fault(
                "line_provider", "mixed_providers", "一次只能提交一个线路商", "one line provider an import"
            )
            for row in rows
            if row.values["line_provider"] != rows[0].values["line_provider"]
        ),
    ]
    if faults or not rows:
        return ImportReport(dry_run, len(given), 0, 0, tuple(faults))
    provider = claim_key(key=rows[0].values["line_provider"], tenant=actor.tenant_id, dry_run=dry_run)
    priced = LineTariff.objects.listed().filter(product__provider__tenant_id=actor.tenant_id)
    listed: dict[Key, LineTariff] = {
        (row.product.technology, row.bandwidth_mbps, row.zone, row.min_months): row
        for row in priced.select_related("product")
    }
    known, over = matched(listed, [named(row) for row in rows])
    if dry_run:
        new, old, gone = len(rows) - len(known), len(known), len(over)
        return ImportReport(dry_run, len(given), new, old, (), withdrawn=gone)
    products = {
        technology: LineProduct.objects.get_or_create(provider=provider, technology=technology)[0]
        for technology in sorted({row.values["technology"] for row in rows})
    }
    wanted: dict[Any, dict[str, Any]] = {
        named(row): {name: row.values[name] for name in TERMS}
        | {
            "product_id": products[row.values["technology"]].id,
            "bandwidth_mbps": row.values["bandwidth_mbps"],
            "zone": row.values["zone"],
            "marking": marking_kept(marking, known.get(named(row))),
        }
        for row in rows
    }
    for each in over:
        withdraw_tariff(tariff=each, reason=NO_LONGER_LISTED, actor=actor)
    new, changed = put_rows(LineTariff.objects.all(), known, wanted)
    publish(TariffsImported(subject=provider.id, tenant=actor.tenant_id, tariffs=len(rows)), actor=actor)
    return ImportReport(dry_run, len(given), new, changed, (), withdrawn=len(over))
