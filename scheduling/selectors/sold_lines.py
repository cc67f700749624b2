"""A line that was selected beside the newest facts: its spans, the sites that they join, and its tariff."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Case, F, QuerySet, When

from kernel.questions import question
from kernel.text import Text
from scheduling.domain.engine.promises import Promises
from scheduling.domain.rows import Span as SpanRow
from scheduling.domain.sold_lines import TERMS, Sold, Way, moved_terms, not_kept, not_promised
from scheduling.domain.withdrawals import SITE, SPAN, TARIFF, SaleState, withdrawn
from scheduling.models import LineProduct, LineTariff, Site, Span
from scheduling.selectors.line_products import grade_of
from scheduling.selectors.selections import BundleFacts

ENDS = ("a_id", "a__hop_us", "a__city", "b_id", "b__hop_us", "b__city")
SALE = ("key", "withdrawn_at")
SUMS = ("id", "kind", "km", "measured_us", "jitter_us", "loss", "srlg")


@dataclass(frozen=True, slots=True)
class SpansNow:
    """The spans of a bundle by our ids, and of each site that they join its hop in µs and its city.

    `gone` says of the first that is withdrawn which it is, and since when; without spans, of the site.
    """

    rows: tuple[SpanRow, ...]
    hop_us: dict[str, int]
    cities: dict[UUID, str]
    gone: Text | None


def spans_now(facts: BundleFacts) -> SpansNow:
    """The spans of both routes of a bundle as they are now, by one statement."""
    hops, cities, rows, gone = dict[str, int](), dict[UUID, str](), [], None
    found = _spans(ids=[*facts.spans, *facts.protection_spans])
    for a, a_hop, a_city, b, b_hop, b_city, key, ended, id_, kind, km, measured, jitter, loss, srlg in found:
        if ended is not None and gone is None:
            gone = withdrawn(SPAN, ended, key=key)
        hops |= {str(a): a_hop, str(b): b_hop}
        cities |= {a: a_city, b: b_city}
        rows.append(
            SpanRow(
                span=str(id_),
                line_provider="",
                kind=kind,
                a=str(a),
                b=str(b),
                km=km,
                measured_us=measured,
                capacity_mbps=0,
                reserved_mbps=0,
                jitter_us=jitter,
                loss=loss,
                srlg=tuple(srlg),
            )
        )
    if not rows:  # from a site to itself
        gone = next((withdrawn(SITE, at, key=key) for key, at in _gone(sites=facts.ends)), None)
    return SpansNow(tuple(rows), hops, cities, gone)


def why_not_kept(facts: BundleFacts, spans: SpansNow) -> Text | None:
    """Why the bundle's line is not what it was selected as any more; None where it is.

    What is withdrawn is named, though it may carry as before. Latency counts the tails, and on the layer of the
    service the terminals of the tariff as it is now.
    """
    if spans.gone is not None:
        return spans.gone
    row = tariff_now(facts) if facts.latency_layer == "service" else None
    terminal_us = 0 if row is None else row.terminal_us
    begins = [(facts.a, facts.spans)]
    if facts.protection != "none":
        begins.append((facts.protection_a or facts.a, facts.protection_spans))
    tails = facts.tails_us or (0,)
    ways = [
        Way(str(begin), [str(span) for span in route], tail + terminal_us)
        for (begin, route), tail in zip(begins, (tails[0], tails[-1]), strict=False)
    ]
    sold = Sold(ways, str(facts.z), facts.below_us, facts.max_jitter_us, facts.max_loss)
    return not_kept(sold, spans.hop_us, spans.rows)


def first_withdrawn(spans: Iterable[UUID]) -> Text | None:
    """What is to be said of the first of these spans that is withdrawn; None where all are on the market."""
    gone = Span.objects.filter(id__in=list(spans), state=SaleState.WITHDRAWN).order_by("id")
    found = gone.values_list("key", "withdrawn_at")
    return next((withdrawn(SPAN, at, key=key) for key, at in found if at is not None), None)


def withdrawn_tariff(row: LineTariff | None) -> Text | None:
    """What is to be said of a tariff's row that is withdrawn; else None."""
    if row is None or row.withdrawn_at is None:
        return None
    return withdrawn(TARIFF, row.withdrawn_at, step=row.bandwidth_mbps, zone=row.zone, months=row.min_months)


def why_not_promised(facts: BundleFacts) -> Text | None:
    """Why the line's product is no longer sold with what the demand required; None where it is, or nothing was required."""
    required = facts.line_terms.get("required")
    if not required:
        return None
    found = _products(provider=facts.line_provider, technology=facts.technology)
    return not_promised(Promises.of(required), grade_of(found[0]) if found else None)


def moved_tariff(facts: BundleFacts, row: LineTariff | None) -> list[tuple[str, str, str]]:
    """What differs of the tariff's row that the bundle's line was priced by, as (name, then, now)."""
    now: dict[str, Any] = {name: None if row is None else getattr(row, name) for name in TERMS}
    return moved_terms(facts.line_terms, now)


def tariff_now(facts: BundleFacts) -> LineTariff | None:
    """The tariff's row of the step, zone and term that the bundle's line was priced by, as it is now, withdrawn or not.

    Where no row was ever of that term, it is one of the step and zone, whose term tells what moved.
    """
    terms = facts.line_terms
    found = _tariffs(
        provider=facts.line_provider,
        technology=facts.technology,
        step=terms["step_mbps"],
        zone=terms["zone"],
        months=terms.get("min_months", 1),
    )
    return found[0] if found else None


@question
def _spans(*, ids: Iterable[UUID]) -> QuerySet[Any, Any]:
    return Span.objects.filter(id__among=ids).order_by("id").values_list(*ENDS, *SALE, *SUMS)


@question
def _gone(*, sites: Iterable[UUID]) -> QuerySet[Any, Any]:
    withdrawn = Site.objects.filter(id__among=sites, state=SaleState.WITHDRAWN)
    return withdrawn.values_list("key", "withdrawn_at")


@question
def _products(*, provider: UUID, technology: str) -> QuerySet[LineProduct]:
    rows = LineProduct.objects.filter(provider__tenant_id=provider, technology=technology)
    return rows.select_related("provider")


@question
def _tariffs(*, provider: UUID, technology: str, step: int, zone: str, months: int) -> QuerySet[LineTariff]:
    other_term = Case(When(min_months=months, then=0), default=1)
    return LineTariff.objects.filter(
        product__provider__tenant_id=provider,
        product__technology=technology,
        bandwidth_mbps=step,
        zone=zone,
    ).order_by(other_term, F("withdrawn_at").desc(nulls_first=True), "-id")[:1]
