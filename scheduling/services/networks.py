"""Disclosing a network: sites and spans, refused where geography says no."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from django.db import transaction
from django.db.models import Q

from identifiers.selectors.divisions import why_elsewhere, why_no_division
from kernel.actor import Actor
from kernel.domain.imports import Fault, ImportReport, csv_rows, nothing_read
from kernel.locks import Lock, take_lock
from kernel.services.outbox import publish
from participants.selectors.organisations import require_certified
from scheduling.domain.light import Medium, faster_than
from scheduling.domain.rows import COMMITMENT, FIBRE
from scheduling.domain.sites import Point
from scheduling.domain.topologies import disclosures
from scheduling.domain.topologies.disclosures import SITE_COLUMNS, SPAN_COLUMNS, Stretch, why_impossible
from scheduling.domain.topologies.elements import Element, keys_in, read_elements, too_many, twice
from scheduling.events import NetworkImported
from scheduling.models import Site, Span
from scheduling.selectors.ends import area_reach
from scheduling.selectors.sites import point_of
from scheduling.services.line_providers import claim_key
from scheduling.services.spans import (
    locked_sites,
    marking_kept,
    parallels,
    put_rows,
    put_spans,
    redrawn_faults,
    shortage_flags,
    taken_faults,
    withdrawn_faults,
)


@dataclass(frozen=True, slots=True)
class Document:
    """A disclosure as it was read: sites and spans as (pointer, members), and what could not be read at all."""

    sites: list[tuple[str, Any]]
    spans: list[tuple[str, Any]]
    faults: list[Fault] = field(default_factory=list)


@transaction.atomic
def import_network(
    *,
    line_provider: str,
    marking: str | None,
    sites: list[Any],
    spans: list[Any],
    dry_run: bool,
    actor: Actor,
) -> ImportReport:
    """Take a whole disclosure or nothing; every bad element is reported, a dry run writes nothing.

    Own keys are updated, in what is said of them; another's are refused. Raises NotCertified, ProviderKeyTaken.
    """
    document = Document(
        _placed("sites", sites), _placed("spans", spans), nothing_read([*sites, *spans], "/sites")
    )
    return take_network(
        line_provider=line_provider, marking=marking, document=document, dry_run=dry_run, actor=actor
    )


@transaction.atomic
def import_sites(
    *, line_provider: str, marking: str | None, text: str, dry_run: bool, actor: Actor
) -> ImportReport:
    """Take a whole CSV of sites or nothing, as `import_network` does."""
    given, torn = csv_rows(text)
    return take_network(
        line_provider=line_provider,
        marking=marking,
        document=Document(given, [], torn),
        dry_run=dry_run,
        actor=actor,
    )


@transaction.atomic
def import_spans(
    *, line_provider: str, marking: str | None, text: str, dry_run: bool, actor: Actor
) -> ImportReport:
    """Take a whole CSV of spans or nothing, as `import_network` does; the `spans.csv` of a supply is one.

    Without a `line_provider` its rows say whose they are; all are the first one's.
    """
    given, torn = csv_rows(text)
    if many := too_many(given, "/lines"):
        return ImportReport(dry_run, len(given), 0, 0, tuple(many))
    line_provider = line_provider or "".join(keys_in(given[:1], "line_provider"))
    found = disclosures.spans_of_file(given, line_provider)
    if not line_provider:
        return ImportReport(dry_run, len(given), 0, 0, (*torn, *found.faults))
    report = take_network(
        line_provider=line_provider,
        marking=marking,
        document=Document([], found.spans, [*torn, *found.faults]),
        dry_run=dry_run,
        actor=actor,
    )
    return replace(report, read=len(given), flags=(*report.flags, *found.flags))


@transaction.atomic
def take_network(
    *, line_provider: str, marking: str | None, document: Document, dry_run: bool, actor: Actor
) -> ImportReport:
    """Take what was read of a disclosure, whole or not at all. Raises NotCertified, ProviderKeyTaken.

    What it does not say of a site or a span that is there stays as it is, without a `marking` that too.
    """
    require_certified(actor)
    assert actor.tenant_id is not None  # noqa: S101 - a certified party is an organisation
    take_lock(Lock.SNAPSHOT, "networks")
    provider = claim_key(key=line_provider, tenant=actor.tenant_id, dry_run=dry_run)
    sites, spans = document.sites, document.spans
    faults = [*too_many(sites, "/sites"), *too_many(spans, "/spans")]
    if faults:
        return ImportReport(dry_run, len(sites) + len(spans), 0, 0, tuple(faults))
    drawn = Span.objects.filter(key__in=keys_in(spans, "span"))
    known_spans = {span.key: span for span in drawn.select_related("a", "b")}
    own_spans = {key: span for key, span in known_spans.items() if span.tenant_id == actor.tenant_id}
    span_rows, wrong_spans = read_elements(
        SPAN_COLUMNS, spans, beside=disclosures.DERIVED, there=_told_of_spans(own_spans)
    )
    ends = {row.values[end] for row in span_rows for end in ("a", "b")}
    known_sites = locked_sites(ends | keys_in(sites, "site"))
    own_sites = {key: site for key, site in known_sites.items() if site.tenant_id == actor.tenant_id}
    site_rows, wrong_sites = read_elements(SITE_COLUMNS, sites, there=_told_of_sites(own_sites))
    points = {key: point_of(site) for key, site in known_sites.items()} | {
        row.values["site"]: Point(row.values["lat"], row.values["lon"]) for row in site_rows
    }
    faults = [
        *document.faults,
        *wrong_sites,
        *twice(site_rows, "site"),
        *disclosures.coordinate_faults(site_rows),
        *disclosures.city_faults(site_rows, why_no_division, why_elsewhere),
        *disclosures.area_faults(site_rows, *area_reach(actor.tenant_id)),
        *taken_faults(site_rows, "site", known_sites, actor.tenant_id),
        *withdrawn_faults(site_rows, ["site"], known_sites),
        *wrong_spans,
        *twice(span_rows, "span"),
        *taken_faults(span_rows, "span", known_spans, actor.tenant_id),
        *withdrawn_faults(span_rows, ["span"], own_spans),
        *redrawn_faults(span_rows, "span", ("a", "b"), FIBRE, own_spans),
        *withdrawn_faults(span_rows, ["a", "b"], known_sites),
        *_geography(span_rows, points),
        *_moved(
            {row.values["site"]: row for row in site_rows if row.values["site"] in own_sites},
            {row.values["span"] for row in span_rows},
            points,
        ),
    ]
    read = len(sites) + len(spans)
    if faults:
        return ImportReport(dry_run, read, 0, 0, tuple(faults))
    beside = parallels(span_rows, "span", ("a", "b"), actor.tenant_id)
    flags = (*beside.flags, *shortage_flags(span_rows, "span", known_spans))
    if dry_run:
        known = len(known_spans) + sum(row.values["site"] in known_sites for row in site_rows)
        return ImportReport(dry_run, read, read - known, known, (), flags)
    own = {"tenant_id": actor.tenant_id}
    places = {
        row.values["site"]: _site_values(row)
        | own
        | {"marking": marking_kept(marking, known_sites.get(row.values["site"]))}
        for row in site_rows
    }
    new, changed = put_rows(Site.objects.all(), known_sites, places)
    ids = {site.key: site.id for site in Site.objects.filter(key__in=points)}
    wanted = {
        row.values["span"]: _span_values(row, ids, _unmoved(known_spans.get(row.values["span"]), points))
        | {"srlg": beside.srlg(row.values["span"], row.values["srlg"])}
        | own
        | {"marking": marking_kept(marking, known_spans.get(row.values["span"]))}
        for row in span_rows
    }
    more, others = put_spans(known_spans, wanted, actor)
    beside.write()
    publish(
        NetworkImported(
            subject=provider.id, tenant=actor.tenant_id, sites=len(site_rows), spans=len(span_rows)
        ),
        actor=actor,
    )
    return ImportReport(dry_run, read, new + more, changed + others, (), flags)


def _placed(name: str, elements: list[Any]) -> list[tuple[str, Any]]:
    return [(f"/{name}/{place}", element) for place, element in enumerate(elements)]


def _geography(spans: list[Element], points: Mapping[str, Point]) -> list[Fault]:
    faults = []
    for span in spans:
        wrong = disclosures.end_faults(span, ("a", "b"), points)
        faults += wrong
        if not wrong:
            stretch = Stretch(span.values["km"] * 1000, None, span.values["medium"])
            why = why_impossible(stretch, points[span.values["a"]], points[span.values["b"]])
            if why:
                faults.append(span.fault("km", *why))
    return faults


def _moved(places: Mapping[str, Element], redrawn: set[str], points: Mapping[str, Point]) -> list[Fault]:
    """A fault for each span that is not sent again and that one of the own sites, by key, would move away from.

    Others' are counted only, all that end there together: which could not be, and by how much, is theirs to know.
    """
    ends = Q(a__key__in=places) | Q(b__key__in=places)
    touching = Span.objects.listed().filter(ends).exclude(key__in=redrawn)
    faults, others, astray = [], Counter[str](), set[str]()
    for span in touching.select_related("a", "b"):
        site = span.a if span.a.key in places else span.b
        others[site.key] += span.tenant_id != site.tenant_id
        a, b = (points.get(each.key, point_of(each)) for each in (span.a, span.b))
        metres = None if span.kind == COMMITMENT else span.km * 1000
        stretch = Stretch(metres, span.measured_us, span.medium)
        why = why_impossible(stretch, a, b) or _why_unproven(span, a, b)
        if why and span.tenant_id != site.tenant_id:
            astray.add(site.key)
        elif why:
            zh, en = f"移动后与线路 {span.key} 矛盾：{why[1]}", f"moved, it contradicts {span.key}: {why[2]}"
            faults.append(places[site.key].fault("lat", why[0], zh, en))
    for key in sorted(astray):
        zh = f"移动后，在此终止的其他线路商的线路（共 {others[key]} 条）不能全部成立；请核对坐标，或请其先更正、下架"
        en = (
            f"moved there, not all lines of other carriers that end at it ({others[key]}) could be: check its coordinates, "
            "or let them correct or withdraw theirs first"
        )
        faults.append(places[key].fault("lat", "contradicts_others", zh, en))
    return faults


def _why_unproven(span: Span, a: Point, b: Point) -> tuple[str, str, str] | None:
    """Why evidence cannot stand for a span between these points that stood for it where it was; None where it can."""
    if span.measured_at is None or span.measured_us is None:
        return None
    before, after = point_of(span.a).metres_to(point_of(span.b)), a.metres_to(b)
    if faster_than(span.measured_us, before, Medium.SILICA) or not faster_than(
        span.measured_us, after, Medium.SILICA
    ):
        return None
    return (
        "faster_than_silica",
        f"其实测时延 {span.measured_us} µs 将快于石英光纤；请一并重新提交该线路，并重新测量",
        f"its measured {span.measured_us} µs would be faster than silica fibre: send it again too, and measure it anew",
    )


def _told_of_sites(known: Mapping[str, Site]) -> dict[str, dict[str, Any]]:
    """What sites say by the columns of a disclosure."""
    names = [column.name for column in SITE_COLUMNS if column.name != "site"]
    return {key: {name: getattr(site, name) for name in names} for key, site in known.items()}


def _told_of_spans(known: Mapping[str, Span]) -> dict[str, dict[str, Any]]:
    """What fibre says by the columns of a disclosure."""
    names = [column.name for column in SPAN_COLUMNS if column.name not in ("span", "a", "b", "srlg")]
    return {
        key: {name: getattr(span, name) for name in names}
        | {"a": span.a.key, "b": span.b.key, "srlg": tuple(span.srlg)}
        for key, span in known.items()
        if span.kind == FIBRE
    }


def _site_values(row: Element) -> dict[str, Any]:
    values = {name: value for name, value in row.values.items() if name != "site"}
    return values | {
        "key": row.values["site"],
        "oxc": bool(row.values["oxc"]),
        "otn_100g": bool(row.values["otn_100g"]),
    }


def _unmoved(span: Span | None, points: Mapping[str, Point]) -> Span | None:
    """The span, unless its ends are not where they were."""
    stays = span is not None and all(point_of(end) == points.get(end.key) for end in (span.a, span.b))
    return span if stays else None


def _span_values(row: Element, ids: Mapping[str, Any], known: Span | None) -> dict[str, Any]:
    """The columns of a span; a measurement stays while the route does."""
    route = {
        "a_id": ids[row.values["a"]],
        "b_id": ids[row.values["b"]],
        "km": row.values["km"],
        "medium": row.values["medium"],
        "kind": FIBRE,
    }
    same = known is not None and all(getattr(known, name) == value for name, value in route.items())
    return route | {
        "key": row.values["span"],
        "capacity_mbps": row.values["capacity_mbps"],
        "jitter_us": row.values["jitter_us"],
        "loss": row.values["loss"],
        "measured_us": known.measured_us if known and same else None,
        "measured_at": known.measured_at if known and same else None,
    }
