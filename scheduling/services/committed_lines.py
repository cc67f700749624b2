"""Selling lines end to end: commitments from an A site to a centre, without disclosing the network."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.db import transaction

from kernel.actor import Actor
from kernel.locks import Lock, take_lock
from kernel.services.outbox import publish
from participants.selectors.organisations import require_certified
from scheduling.domain.disclosures import COMMITTED_COLUMNS, Stretch, end_faults, why_impossible
from scheduling.domain.elements import Element, Fault, csv_rows, read_elements, too_many, twice
from scheduling.domain.light import Medium
from scheduling.events import NetworkImported
from scheduling.models import Site, Span
from scheduling.selectors.sites import point_of
from scheduling.services.line_providers import claim_key
from scheduling.services.spans import ImportReport, put_spans, taken_faults

KIND = "commitment"


@transaction.atomic
def import_committed_lines(*, text: str, marking: str, dry_run: bool, actor: Actor) -> ImportReport:
    """Take a whole CSV of committed lines or nothing; every bad row is reported, a dry run writes nothing.

    Own keys are updated, another's are refused. Raises NotCertified, ProviderKeyTaken.
    """
    require_certified(actor)
    assert actor.tenant_id is not None  # noqa: S101 - a certified party is an organisation
    take_lock(Lock.SNAPSHOT, "networks")
    given, torn = csv_rows(text)
    if many := too_many(given, "/lines"):
        return ImportReport(dry_run, len(given), 0, 0, tuple(many))
    rows, wrong = read_elements(COMMITTED_COLUMNS, given)
    keys = {row.values[end] for row in rows for end in ("a_site", "z_site")}
    sites = {site.key: site for site in Site.objects.filter(key__in=keys)}
    known = {span.key: span for span in Span.objects.filter(key__in=[row.values["line"] for row in rows])}
    faults = [
        *torn,
        *wrong,
        *twice(rows, "line"),
        *taken_faults(rows, "line", known, actor.tenant_id),
        *_disagreements(rows, sites),
    ]
    if faults or not rows:
        return ImportReport(dry_run, len(given), 0, 0, tuple(faults))
    provider = claim_key(key=rows[0].values["line_provider"], tenant=actor.tenant_id, dry_run=dry_run)
    if dry_run:
        return ImportReport(dry_run, len(given), len(rows) - len(known), len(known), ())
    own = {"tenant_id": actor.tenant_id, "marking": marking}
    new, changed = put_spans(known, {row.values["line"]: _values(row, sites) | own for row in rows}, actor)
    publish(
        NetworkImported(subject=provider.id, tenant=actor.tenant_id, sites=0, spans=len(rows)), actor=actor
    )
    return ImportReport(dry_run, len(given), new, changed, ())


def _disagreements(rows: list[Element], sites: Mapping[str, Site]) -> list[Fault]:
    """Where a row contradicts the sites it names, geography, or the first row's provider."""
    points = {key: point_of(site) for key, site in sites.items()}
    faults = []
    for row in rows:
        values = row.values
        if values["line_provider"] != rows[0].values["line_provider"]:
            faults.append(
                row.fault(
                    "line_provider",
                    "mixed_providers",
                    "一次只能提交一个线路商",
                    "one line provider an import",
                )
            )
        wrong = end_faults(row, ("a_site", "z_site"), points)
        faults += wrong
        if wrong:
            continue
        if values["a_area"] != sites[values["a_site"]].city:
            zh = f"与站点 {values['a_site']} 的区划 {sites[values['a_site']].city} 不符"
            en = f"the site {values['a_site']} lies in {sites[values['a_site']].city}"
            faults.append(row.fault("a_area", "area_mismatch", zh, en))
        stretch = Stretch(None, values["committed_latency_us"], Medium.UNDISCLOSED)
        if why := why_impossible(stretch, points[values["a_site"]], points[values["z_site"]]):
            faults.append(row.fault("committed_latency_us", *why))
    return faults


def _values(row: Element, sites: Mapping[str, Site]) -> dict[str, Any]:
    values = row.values
    return {
        "key": values["line"],
        "kind": KIND,
        "a_id": sites[values["a_site"]].id,
        "b_id": sites[values["z_site"]].id,
        "medium": Medium.UNDISCLOSED.value,
        "km": Decimal(0),
        "capacity_mbps": values["capacity_mbps"],
        "measured_us": values["committed_latency_us"],
        "jitter_us": values["jitter_us"],
        "loss": values["loss"],
        "srlg": list(values["srlg"]),
        "z_centre": values["z_centre"],
    }
