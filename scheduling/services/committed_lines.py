"""Selling lines end to end: commitments from an A site to a centre, without disclosing the network."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction

from aggregation.selectors.centres import centres
from kernel.actor import Actor
from kernel.domain.imports import Fault, ImportReport, csv_rows
from kernel.locks import Lock, take_lock
from kernel.services.outbox import publish
from kernel.text import Text
from participants.selectors.organisations import require_certified
from scheduling.domain.light import Medium
from scheduling.domain.rows import COMMITMENT
from scheduling.domain.topologies.disclosures import COMMITTED_COLUMNS, Stretch, end_faults, why_impossible
from scheduling.domain.topologies.elements import Element, keys_in, read_elements, too_many, twice
from scheduling.events import NetworkImported
from scheduling.models import Site, Span
from scheduling.selectors.sites import point_of
from scheduling.services.line_providers import claim_key
from scheduling.services.spans import (
    locked_sites,
    marking_kept,
    parallels,
    put_spans,
    redrawn_faults,
    shortage_flags,
    taken_faults,
    withdrawn_faults,
)


@transaction.atomic
def import_committed_lines(*, text: str, marking: str | None, dry_run: bool, actor: Actor) -> ImportReport:
    """Take a whole CSV of committed lines or nothing; every bad row is reported, a dry run writes nothing.

    Own keys are updated, another's are refused; what the file has no column of stays as it is. What only hollow-core fibre could keep is flagged, and not sold until
    evidence of it was accepted on review. Raises NotCertified, ProviderKeyTaken.
    """
    require_certified(actor)
    assert actor.tenant_id is not None  # noqa: S101 - a certified party is an organisation
    take_lock(Lock.SNAPSHOT, "networks")
    given, torn = csv_rows(text)
    if many := too_many(given, "/lines"):
        return ImportReport(dry_run, len(given), 0, 0, tuple(many))
    there = Span.objects.filter(key__in=keys_in(given, "line")).select_related("a", "b")
    known = {span.key: span for span in there}
    own = {key: span for key, span in known.items() if span.tenant_id == actor.tenant_id}
    rows, wrong = read_elements(COMMITTED_COLUMNS, given, there=_told_of(own))
    keys = {row.values[end] for row in rows for end in ("a_site", "z_site")}
    sites = locked_sites(keys)
    faults = [
        *torn,
        *wrong,
        *twice(rows, "line"),
        *taken_faults(rows, "line", known, actor.tenant_id),
        *withdrawn_faults(rows, ["line"], own),
        *redrawn_faults(rows, "line", ("a_site", "z_site"), COMMITMENT, own),
        *withdrawn_faults(rows, ["a_site", "z_site"], sites),
        *_disagreements(rows, sites),
        *_astray(rows),
    ]
    if faults or not rows:
        return ImportReport(dry_run, len(given), 0, 0, tuple(faults))
    provider = claim_key(key=rows[0].values["line_provider"], tenant=actor.tenant_id, dry_run=dry_run)
    beside = parallels(rows, "line", ("a_site", "z_site"), actor.tenant_id)
    wanted = {row.values["line"]: _values(row, sites, known.get(row.values["line"])) for row in rows}
    waiting = [
        row for row in rows if _line(row, sites, wanted[row.values["line"]]["measured_at"]).awaits_review
    ]
    flags = (*beside.flags, *map(_held_back, waiting), *shortage_flags(rows, "line", known))
    if dry_run:
        return ImportReport(dry_run, len(given), len(rows) - len(known), len(known), (), flags)
    for key, values in wanted.items():
        values |= {
            "tenant_id": actor.tenant_id,
            "marking": marking_kept(marking, known.get(key)),
            "srlg": beside.srlg(key, values["srlg"]),
        }
    new, changed = put_spans(known, wanted, actor)
    beside.write()
    publish(
        NetworkImported(subject=provider.id, tenant=actor.tenant_id, sites=0, spans=len(rows)), actor=actor
    )
    return ImportReport(dry_run, len(given), new, changed, (), flags)


def _told_of(known: Mapping[str, Span]) -> dict[str, dict[str, Any]]:
    """What commitments say in the columns that a file may lack."""
    return {
        key: {"jitter_us": span.jitter_us, "loss": span.loss, "srlg": tuple(span.srlg)}
        for key, span in known.items()
    }


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


def _astray(rows: list[Element]) -> list[Fault]:
    """A fault for each line to a centre that is none, or that meets the network at another site."""
    known = centres(row.values["z_centre"] for row in rows)
    faults = []
    for row in rows:
        key, site = row.values["z_centre"], row.values["z_site"]
        if (centre := known.get(key)) is None:
            zh, en = (
                f"没有算力中心 {key}，请其提供商先登记",
                f"no compute centre {key}: its provider registers it first",
            )
            faults.append(row.fault("z_centre", "unknown_centre", zh, en))
        elif centre.site != site:
            zh = f"算力中心 {key} 在站点 {centre.site} 接入，而非 {site}"
            en = f"the centre {key} meets the network at {centre.site}, not at {site}"
            faults.append(row.fault("z_site", "centre_elsewhere", zh, en))
    return faults


def _line(row: Element, sites: Mapping[str, Site], measured_at: datetime | None) -> Span:
    """The line as far as the review of it is concerned, not yet kept."""
    return Span(
        kind=COMMITMENT,
        a=sites[row.values["a_site"]],
        b=sites[row.values["z_site"]],
        measured_us=row.values["committed_latency_us"],
        measured_at=measured_at,
    )


def _held_back(row: Element) -> Fault:
    shown = f"{row.values['committed_latency_us']} µs"
    zh = f"{shown} 快于石英光纤：暂不销售；请就 {row.values['line']} 提交 latency-evidence，待监管复核采信"
    en = (
        f"{shown} is faster than silica fibre: not sold until latency-evidence for {row.values['line']} is accepted on "
        "the supervision's review"
    )
    return Fault(f"{row.pointer}/committed_latency_us", "awaits_review", Text(zh, en))


def _values(row: Element, sites: Mapping[str, Site], known: Span | None) -> dict[str, Any]:
    """The columns of a commitment; what evidence has shown of it stays while it commits to no less between the same sites."""
    values = row.values
    a, b, latency = sites[values["a_site"]], sites[values["z_site"]], values["committed_latency_us"]
    shown = (
        known is not None
        and (known.kind, known.a_id, known.b_id) == (COMMITMENT, a.id, b.id)
        and known.measured_us is not None
        and known.measured_us <= latency
    )
    return {
        "key": values["line"],
        "kind": COMMITMENT,
        "a_id": a.id,
        "b_id": b.id,
        "medium": Medium.UNDISCLOSED.value,
        "km": Decimal(0),
        "capacity_mbps": values["capacity_mbps"],
        "measured_us": latency,
        "measured_at": known.measured_at if known and shown else None,
        "jitter_us": values["jitter_us"],
        "loss": values["loss"],
        "srlg": list(values["srlg"]),
        "z_centre": values["z_centre"],
    }
